/** Why httpd is down: the words of `diagnose --json`, an interface. */
export type Cause =
  | 'none'
  | 'semaphore-leak'
  | 'semaphore-demand'
  | 'disk-full'
  | 'inodes-full'
  | 'quota-exceeded'
  | 'shm-full'
  | 'port-held-by-orphans'
  | 'port-held-by-other'
  | 'set-removed-while-live'
  | 'config-error'
  | 'stopped-by-admin'
  | 'other'
  | 'unknown';
