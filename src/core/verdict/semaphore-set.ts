/** One line of /proc/sysvipc/sem (kernel: ipc/sem.c, sysvipc_sem_proc_show). Times are wall-clock seconds, 0 = never. */
export interface SemaphoreSet {
  id: number;
  key: number;
  mode: number;
  nsems: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  otime: number;
  ctime: number;
}

/** The uids of httpd's mutexes: the owner uid is that of `User`, the creator uid (`starterUid`) that of the user who starts httpd, normally root. */
export interface MutexOwner {
  uid: number;
  starterUid: number;
}

/**
 * How a set differs from a mutex of any httpd; null if it does not.
 * APR makes it with semget(IPC_PRIVATE, 1, 0600) (apr: locks/unix/proc_mutex.c, proc_mutex_sysv_create).
 */
export function differsFromMutex(set: SemaphoreSet): string | null {
  if (set.key !== 0) return `key 0x${(set.key >>> 0).toString(16)}, not 0`;
  if (set.nsems !== 1) return `${set.nsems} semaphores, not 1`;
  if (set.mode !== 0o600) return `mode 0${set.mode.toString(8)}, not 0600`;
  return null;
}

/**
 * How the uids of a set differ from those of this httpd's mutexes; null if they do not.
 * httpd gives a mutex to `User` by IPC_SET (httpd: os/unix/unixd.c, unixd_set_proc_mutex_perms); the creator stays.
 */
export function differsFromOwner(set: SemaphoreSet, owner: MutexOwner): string | null {
  if (set.uid !== owner.uid) return `owner uid ${set.uid}, not ${owner.uid}`;
  if (set.cuid !== owner.starterUid) return `creator uid ${set.cuid}, not ${owner.starterUid}`;
  return null;
}

/** Whether a set looks like a mutex of this httpd; all other sets are foreign. */
export function mayBeMutexOf(set: SemaphoreSet, owner: MutexOwner): boolean {
  return differsFromMutex(set) === null && differsFromOwner(set, owner) === null;
}

/**
 * Whether the last user of a set is asked for: that of every mutex of this creator, whatever its owner, since mod_wsgi and
 * mpm_itk give mutexes to other users than `User`, and `User` may have been another one.
 */
export function isInspected(set: SemaphoreSet, { starterUid }: MutexOwner): boolean {
  return differsFromMutex(set) === null && set.cuid === starterUid;
}
