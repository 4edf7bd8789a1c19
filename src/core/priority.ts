/** The syslog priorities used here (syslog(3)). */
export type Priority = 'crit' | 'err' | 'warning' | 'notice' | 'info';

/** Their numbers (syslog(3)). */
export const PRIORITY_NUMBER: Record<Priority, number> = { crit: 2, err: 3, warning: 4, notice: 5, info: 6 };
