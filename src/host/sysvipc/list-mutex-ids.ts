import { readFileSync } from 'node:fs';

/** A line of a set with key 0, mode 0600 and one semaphore (kernel: ipc/sem.c, sysvipc_sem_proc_show). */
const MUTEX = /^ *0 +(\d+) +600 +1 /gm;

/** The ids of the sets that look like mutexes of an httpd; null if the table cannot be read. For a process without privileges. */
export function listMutexIds(path = '/proc/sysvipc/sem'): Set<number> | null {
  try {
    return new Set([...readFileSync(path, 'latin1').matchAll(MUTEX)].map(([, id]) => Number(id)));
  } catch {
    return null;
  }
}
