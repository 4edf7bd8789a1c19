/** Syslog priorities that the guard uses (syslog(3)). */
export type Priority = 'crit' | 'err' | 'warning' | 'notice' | 'info';

/** As syslog(3) counts them. */
export const PRIORITY_NUMBER: Record<Priority, number> = { crit: 2, err: 3, warning: 4, notice: 5, info: 6 };
