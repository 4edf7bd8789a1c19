/** Syslog priorities that the guard uses (syslog(3)). */
export type Priority = 'crit' | 'err' | 'warning' | 'notice' | 'info';
