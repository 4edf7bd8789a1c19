/** MESSAGE_ID of our entries in the journal; units/httpd-guard.catalog explains them to `journalctl -x`. */
export const MESSAGE_ID = {
  /** Why a run of httpd ended badly. */
  cause: 'e72fd98e7e3a4d33a272965867eb60b7',
  /** httpd serves again. */
  recovered: '3048586d33044f02ae7c32638973f884',
  /** The guard gave up. */
  gaveUp: '1e60fd6f1f394d7eb7358607c31a4195',
  /** Sets were removed, or could not be. */
  cleared: 'c1bb077a6a77442e99f1b6dfa6ac284d',
  /** The same of shared memory. */
  clearedMemory: '43e57911c57a48ccad32a6af5db8fede',
  /** A recovery was tried, and httpd does not serve. */
  failed: '58ce82fb82cd41b0abbaac592b18aad3',
} as const;
