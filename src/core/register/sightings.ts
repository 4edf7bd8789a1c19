import { wallStartMs } from '../clock.ts';
import { couldKnow, type Lineage } from '../verdict/lineage.ts';
import type { ProcessFacts } from '../verdict/process-facts.ts';
import { type SemaphoreSet, isInspected } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { type ServerRun, runOf } from './server-run.ts';

/** A running process of httpd is the last user of a set, or most likely so. */
export interface Sighting {
  set: SemaphoreSet;
  lineage: Lineage;
  /** Its run, if it is proven that this very process used the set, and whose it is; else null. */
  run: ServerRun | null;
}

/** wallStartMs and the kernel's clock for ctime and otime may differ by this much (clock.ts, STEP_TOLERANCE_MS). */
const CLOCK_MARGIN_MS = 2_000;

/**
 * A pid is given again only after all others (kernel: kernel/pid.c, idr_alloc_cyclic), 32,768 at least. A process that started
 * this soon after the set was made has a number that no user of the set had before: that would take 10,000 forks a second.
 */
export const NO_REUSE_MS = 3_000;

/** The sets that were last used by a running httpd process, and its run (semctl(2), GETPID). */
export function sightings(snapshot: Snapshot, living: readonly Lineage[]): Sighting[] {
  const users = new Map<number, { process: ProcessFacts; lineage: Lineage }>();
  for (const lineage of living)
    for (const process of lineage.members) users.set(process.pid, { process, lineage });
  return inspectedSets(snapshot).flatMap(({ set, lastPid }) => {
    const user = users.get(lastPid);
    if (user === undefined || !user.process.isHttpd.known || !user.process.isHttpd.value) return [];
    const { process, lineage } = user;
    const use = whoUsed(process, set, snapshot);
    if (use === 'another process') return [];
    const isProven = use === 'itself' && couldKnow(lineage, set).could;
    return [{ set, lineage, run: isProven ? runOf(lineage, snapshot) : null }];
  });
}

/** The sets that look like mutexes of this creator, and their last users. */
export function inspectedSets({
  sets,
  owner,
  inspections,
}: Snapshot): { set: SemaphoreSet; lastPid: number }[] {
  if (!sets.known || !owner.known) return [];
  return sets.value.flatMap((set) => {
    const inspection = inspections.get(set.id);
    return inspection?.known === true && isInspected(set, owner.value)
      ? [{ set, lastPid: inspection.value.lastPid }]
      : [];
  });
}

/** Whether the process that has the pid of the last user is that user, or has its number only since. */
function whoUsed(
  { startedMs }: ProcessFacts,
  { ctime, otime }: SemaphoreSet,
  { clock }: Snapshot,
): 'itself' | 'unknown' | 'another process' {
  const startMs = wallStartMs(startedMs, clock);
  if (otime * 1000 >= startMs + CLOCK_MARGIN_MS || startMs <= ctime * 1000 + NO_REUSE_MS) return 'itself';
  const lastUseMs = Math.max(otime, ctime) * 1000 + 999;
  return startMs > lastUseMs + CLOCK_MARGIN_MS ? 'another process' : 'unknown';
}
