/** Why httpd is down: the words of `diagnose --json`, an interface. */
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
  'started-outside-systemd',
  'stopped-by-admin',
  'other',
  'unknown',
] as const;

export type Cause = (typeof CAUSES)[number];

/** Whether it could get no set, whoever has them. */
export function isForSets(cause: Cause): boolean {
  return cause === 'semaphore-leak' || cause === 'semaphore-demand';
}
