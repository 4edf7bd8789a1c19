import { type MutexOwner, type SemaphoreSet, mayBeMutexOf } from '../verdict/semaphore-set.ts';

/** A running process of a unit. */
export interface UnitProcess {
  pid: number;
  ppid: number;
  /** The name in /proc/PID/comm, which a process can set: no identity, but readable without root. */
  name: string;
  uids: readonly number[];
}

/** The uids of httpd's workers: children of a process of root that have its name. */
export function workerUids(processes: readonly UnitProcess[]): number[] {
  const roots = new Map(processes.filter(({ uids }) => uids.includes(0)).map(({ pid, name }) => [pid, name]));
  return processes
    .filter(({ ppid, name }) => roots.get(ppid) === name)
    .flatMap(({ uids: [, effective] }) => (effective === undefined ? [] : [effective]));
}

/**
 * The uid of all workers, if it is not the configured one; else null. A worker that runs as root proves nothing: it has not
 * changed its user yet, or does so for each request (mpm_itk).
 */
export function contradictingUid(configured: number, workers: readonly number[]): number | null {
  if (workers.includes(0) || workers.includes(configured)) return null;
  return mostFrequent(workers);
}

/** The most likely uid of an httpd that does not report it: that of its workers, else that of the only owner of sets like its mutexes. */
export function likelyUid(workers: readonly number[], sets: readonly SemaphoreSet[]): number | null {
  const ofWorkers = mostFrequent(workers.filter((uid) => uid !== 0));
  if (ofWorkers !== null) return ofWorkers;
  const owners = new Set(sets.filter(mayBeOfRootsHttpd).map(({ uid }) => uid));
  const [only = null, ...others] = owners;
  return others.length === 0 ? only : null;
}

function mayBeOfRootsHttpd(set: SemaphoreSet): boolean {
  const owner: MutexOwner = { uid: set.uid, starterUid: 0 };
  return set.uid !== 0 && mayBeMutexOf(set, owner);
}

function mostFrequent(uids: readonly number[]): number | null {
  const counts = new Map<number, number>();
  for (const uid of uids) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? null;
}
