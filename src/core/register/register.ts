import type { Fact } from '../fact.ts';
import { type MutexOwner, type SemaphoreSet, isInspected } from '../verdict/semaphore-set.ts';
import type { Loss } from './loss.ts';
import type { ServerRun } from './server-run.ts';

/** A set, as the last look saw it. */
export interface Seen {
  id: number;
  /** Seconds since 1970, as the kernel reported it. A set with another ctime may be another set with the same id. */
  ctime: number;
  uid: number;
  lastPid: number;
  /** The run that was proven to use it, or null. */
  run: ServerRun | null;
  /** Whether a process of another run was seen on it too: then the register proves nothing against the set. */
  contested: boolean;
}

/** Which sets there were at the last look, and who used them, in one IPC namespace since one boot. */
export interface Register {
  /** When that look began, in milliseconds since boot (CLOCK_BOOTTIME). */
  lookedMs: number;
  /** How many processes and threads were forked until then since boot; null if that is unknown. */
  forks: number | null;
  seen: ReadonlyMap<number, Seen>;
  losses: readonly Loss[];
  /** By unit: the most sets that one of its runs had since boot. */
  most: ReadonlyMap<string, number>;
}

/** As if a look had been made at boot, when there were no sets yet. */
export const NO_REGISTER: Register = { lookedMs: 0, forks: 0, seen: new Map(), losses: [], most: new Map() };

/** Whether an httpd was seen to use a set with the fingerprint of this creator's mutexes, whatever its owner uid. */
export function isClaimed(
  set: SemaphoreSet,
  { owner, register }: { owner: Fact<MutexOwner>; register: Register },
): boolean {
  const run = register.seen.get(set.id)?.run ?? null;
  return owner.known && run !== null && isInspected(set, owner.value);
}

/** What a register is valid for: set ids and start times mean nothing elsewhere. */
export interface RegisterPlace {
  /** /proc/sys/kernel/random/boot_id. */
  bootId: string;
  /** The link /proc/self/ns/ipc. */
  ipcNamespace: string;
}
