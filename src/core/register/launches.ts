import { TICK_MS } from '../clock.ts';
import type { UnitRun } from '../units/unit-run.ts';
import { couldKnow, type Lineage } from '../verdict/lineage.ts';
import type { SemaphoreSet } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { relationTo } from './relation.ts';
import type { ServerRun } from './server-run.ts';
import { type InspectedSet, isEachPidGivenOnce } from './sightings.ts';

/** A set whose last user has exited, and the run that this was the launcher or the master of. */
export interface Launch {
  set: SemaphoreSet;
  run: ServerRun;
}

/**
 * The sets that were made since the last look and that only processes of one run can have used, although the last user has exited:
 * - the launcher of a forking start. It makes the ssl-cache mutex and others, forks the master and exits (httpd: server/main.c,
 *   apr_proc_detach), so its pid lies between that of ExecStart= and the master's;
 * - the master of a run that has just ended.
 * No proof if a server that could know the set, or its launcher, may have had that pid: one that has forked since the look of
 * ExecStartPre= or, if the last look was another one, any server.
 */
export function launches(
  snapshot: Snapshot,
  living: readonly Lineage[],
  inspected: readonly InspectedSet[],
): Launch[] {
  if (!isEachPidGivenOnce(snapshot)) return [];
  const candidates = inspected.filter(
    ({ set, lastPid }) =>
      lastPid !== 0 && !snapshot.alivePids.has(lastPid) && !snapshot.register.seen.has(set.id),
  );
  if (candidates.length === 0) return [];
  const starts = [...snapshot.unitRuns].flatMap(([unit, run]) =>
    run.known ? (startOf(unit, run.value, snapshot, living) ?? []) : [],
  );
  return candidates.flatMap(({ set, lastPid }) => {
    const [start, ...more] = starts.filter((one) => one.hadPid(lastPid));
    if (start === undefined || more.length > 0) return [];
    return start.others.some((lineage) => couldKnow(lineage, set).could) ? [] : [{ set, run: start.run }];
  });
}

interface Start {
  run: ServerRun;
  /** Whether its launcher or its master, which has exited, had a pid. */
  hadPid: (pid: number) => boolean;
  /** Other servers that could have had the pid of the launcher. */
  others: Lineage[];
}

function startOf(
  unit: string,
  { invocationId, startPid, main, began, leavesNobody }: UnitRun,
  snapshot: Snapshot,
  living: readonly Lineage[],
): Start | null {
  if (invocationId === '' || main === null || !leavesNobody) return null;
  const { clock, register } = snapshot;
  const asleepMs = clock.bootMs - clock.monotonicMs;
  const master = living.find(({ root }) => root.pid === main.pid)?.root;
  const masterStartedMs = master?.startedMs ?? main.began.monotonicMs + asleepMs;
  const run = { unit, invocationId, masterPid: main.pid, masterStartedMs, beganRealMs: began.realMs };
  const beganMs = began.monotonicMs + asleepMs;
  // Then no other process has got the pid of its master since that look.
  const isSinceLook = register.lookedMs <= masterStartedMs;
  const isOfThisStart = register.lookedMs >= beganMs && isSinceLook;
  return {
    run,
    hadPid: (pid) =>
      pid === main.pid ? main.exited !== null : startPid > 0 && pid >= startPid && pid < main.pid,
    others: living.filter(
      (lineage) =>
        relationTo(run, lineage, snapshot) !== 'same' &&
        !(isSinceLook && isOfLaterRun(lineage, masterStartedMs, snapshot)) &&
        // A launcher with such a pid was forked after this look, and what it forked, such as its master, after itself: at any
        // time since.
        (!isOfThisStart || lineage.members.some(({ startedMs }) => startedMs + TICK_MS >= register.lookedMs)),
    ),
  };
}

/** Whether a server is of a run that began after a time (CLOCK_BOOTTIME), so that its launcher is younger, too. */
function isOfLaterRun({ root, since }: Lineage, atMs: number, { unitRuns, clock }: Snapshot): boolean {
  const run = root.unit.known ? unitRuns.get(root.unit.value) : undefined;
  if (!since.known || run?.known !== true) return false;
  return run.value.began.monotonicMs + clock.bootMs - clock.monotonicMs > atMs + TICK_MS;
}
