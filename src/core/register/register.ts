import type { Fact } from '../fact.ts';
import { type MutexOwner, type SemaphoreSet, isInspected } from '../verdict/semaphore-set.ts';
import type { ServerRun } from './server-run.ts';

/** Which run used a set, as a look saw it. */
export interface Claim {
  id: number;
  /** Seconds since 1970, as the kernel reported it. A set with another ctime may be another set with the same id. */
  ctime: number;
  uid: number;
  run: ServerRun;
  /** Whether a process of another run was seen on it too: then the register proves nothing against the set. */
  contested: boolean;
}

/** Who used which set, in one IPC namespace since one boot. */
export interface Register {
  /** When the table was last read, in milliseconds since boot (CLOCK_BOOTTIME). */
  lookedMs: number;
  claims: ReadonlyMap<number, Claim>;
}

export const NO_REGISTER: Register = { lookedMs: 0, claims: new Map() };

/** Whether an httpd was seen to use a set with the fingerprint of this creator's mutexes, whatever its owner uid. */
export function isClaimed(
  set: SemaphoreSet,
  { owner, register }: { owner: Fact<MutexOwner>; register: Register },
): boolean {
  return owner.known && register.claims.has(set.id) && isInspected(set, owner.value);
}

/** What a register is valid for: set ids and start times mean nothing elsewhere. */
export interface RegisterPlace {
  /** /proc/sys/kernel/random/boot_id. */
  bootId: string;
  /** The link /proc/self/ns/ipc. */
  ipcNamespace: string;
}
