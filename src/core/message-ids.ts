/** MESSAGE_ID of our journal entries; units/httpd-guard.catalog explains them for `journalctl -x`. */
export const MESSAGE_ID = {
  /** Why a run of httpd failed. */
  cause: 'e72fd98e7e3a4d33a272965867eb60b7',
  /** httpd was recovered. */
  recovered: '3048586d33044f02ae7c32638973f884',
  /** httpd-guard gave up on a unit. */
  gaveUp: '1e60fd6f1f394d7eb7358607c31a4195',
  /** Semaphore sets were removed or could not be removed. */
  cleared: 'c1bb077a6a77442e99f1b6dfa6ac284d',
  /** The same for shared memory segments. */
  clearedMemory: '43e57911c57a48ccad32a6af5db8fede',
  /** A recovery failed. */
  failed: '58ce82fb82cd41b0abbaac592b18aad3',
  /** A running httpd lost semaphore sets. */
  lost: '04ddc75c1127473f84f73b610aa3c587',
} as const;
