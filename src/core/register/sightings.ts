import { TICK_MS } from '../clock.ts';
import { couldKnow, type Lineage } from '../verdict/lineage.ts';
import type { ProcessFacts } from '../verdict/process-facts.ts';
import { type SemaphoreSet, isInspected } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { runOf } from './relation.ts';
import type { ServerRun } from './server-run.ts';

/** A running process of httpd is the last user of a set, or has its pid. */
export interface Sighting {
  set: SemaphoreSet;
  lineage: Lineage;
  /** Its run, if it is proven that this very process used the set, and whose it is; else null. */
  run: ServerRun | null;
}

/** The sets whose last user is a running httpd process by its pid, and its run (semctl(2), GETPID). */
export function sightings(
  snapshot: Snapshot,
  living: readonly Lineage[],
  inspected: readonly InspectedSet[],
): Sighting[] {
  const users = new Map<number, { process: ProcessFacts; lineage: Lineage }>();
  for (const lineage of living)
    for (const process of lineage.members) users.set(process.pid, { process, lineage });
  const found: Sighting[] = [];
  // Loops: for a full table flatMap() would make 32,000 arrays.
  for (const { set, lastPid } of inspected) {
    const user = users.get(lastPid);
    if (user === undefined || !user.process.isHttpd.known || !user.process.isHttpd.value) continue;
    const { process, lineage } = user;
    const isProven = isItself(process, set, snapshot) && couldKnow(lineage, set).could;
    found.push({ set, lineage, run: isProven ? runOf(lineage, snapshot) : null });
  }
  return found;
}

/** A set, and the pid of its last user (semctl(2), GETPID). */
export interface InspectedSet {
  set: SemaphoreSet;
  lastPid: number;
}

/** The sets that look like mutexes of this creator. */
export function inspectedSets({ sets, owner, inspections }: Snapshot): InspectedSet[] {
  if (!sets.known || !owner.known) return [];
  const inspected: InspectedSet[] = [];
  for (const set of sets.value) {
    const inspection = inspections.get(set.id);
    if (inspection?.known === true && isInspected(set, owner.value))
      inspected.push({ set, lastPid: inspection.value.lastPid });
  }
  return inspected;
}

/**
 * Whether the process that has the pid of a set's last user is that user, and not another one that was given its number since.
 * No clock and no ctime proves that, since clocks are stepped and the owner of a set can change its ctime (IPC_SET):
 * - the set was made after the last look, and since then no number was given twice; or
 * - the last user has changed since the last look, before which the process already had its number.
 */
function isItself({ pid, startedMs }: ProcessFacts, { id }: SemaphoreSet, snapshot: Snapshot): boolean {
  const { seen, lookedMs } = snapshot.register;
  const before = seen.get(id);
  if (before === undefined) return isEachPidGivenOnce(snapshot);
  return before.lastPid !== pid && startedMs + TICK_MS < lookedMs;
}

/**
 * Whether no pid was given to two processes since the last look: the kernel gives a number again only after all other free ones
 * (kernel: kernel/pid.c, idr_alloc_cyclic), and half of them are never in use at once.
 */
export function isEachPidGivenOnce({ forks, register }: Snapshot): boolean {
  if (!forks.known || register.forks === null) return false;
  const since = forks.value.after - register.forks;
  return since >= 0 && since < forks.value.pidMax / 2;
}
