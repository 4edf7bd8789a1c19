/** Why httpd is down: the values of `cause` in `diagnose --json` (httpd-guard(8)). */
export const CAUSES = [
  'none',
  'semaphore-leak',
  'semaphore-demand',
  'disk-full',
  'inodes-full',
  'quota-exceeded',
  'shm-full',
  'port-held-by-orphans',
  'port-held-by-other',
  'set-removed-while-live',
  'config-error',
  'killed',
  'out-of-memory',
  'timeout',
  'not-started',
  'started-outside-systemd',
  'stale-pid-file',
  'stopped-by-admin',
  'other',
  'unknown',
] as const;

export type Cause = (typeof CAUSES)[number];

/** Whether it failed because no semaphore set could be created. */
export function isForSets(cause: Cause): boolean {
  return cause === 'semaphore-leak' || cause === 'semaphore-demand';
}
