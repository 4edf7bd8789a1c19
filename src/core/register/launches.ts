import { earliestCtime, wallStartMs } from '../clock.ts';
import type { UnitRun } from '../units/unit-run.ts';
import { couldKnow, type Lineage } from '../verdict/lineage.ts';
import type { SemaphoreSet } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { type ServerRun, relationTo } from './server-run.ts';
import { NO_REUSE_MS, inspectedSets } from './sightings.ts';

/** A set whose last user has exited, and the run that this was the launcher or the master of. */
export interface Launch {
  set: SemaphoreSet;
  run: ServerRun;
}

/** A start that takes more processes than this has a launcher of unknown pid. */
const MOST_PIDS = 1_000;
/** systemd's and the kernel's record of one start differ by this much at most. */
const MARGIN_MS = 1_000;

/**
 * The sets that only processes of one run can have made and used, although the last user has exited:
 * - the launcher of a forking start. It makes the ssl-cache mutex and others, forks the master and exits (httpd: server/main.c,
 *   apr_proc_detach), so its pid lies between that of ExecStart= and the master's;
 * - the master of a run that has just ended.
 * No proof if another server that could know the set forked during the start, since its workers could have such a pid.
 */
export function launches(snapshot: Snapshot, living: readonly Lineage[]): Launch[] {
  const candidates = inspectedSets(snapshot).filter(
    ({ set, lastPid }) =>
      lastPid !== 0 && !snapshot.alivePids.has(lastPid) && !snapshot.register.claims.has(set.id),
  );
  if (candidates.length === 0) return [];
  const starts = [...snapshot.unitRuns].flatMap(([unit, run]) =>
    run.known ? (startOf(unit, run.value, snapshot, living) ?? []) : [],
  );
  return candidates.flatMap(({ set, lastPid }) => {
    const [start, ...more] = starts.filter((one) => one.used(set, lastPid));
    if (start === undefined || more.length > 0) return [];
    return start.others.some((lineage) => couldKnow(lineage, set).could) ? [] : [{ set, run: start.run }];
  });
}

interface Start {
  run: ServerRun;
  used: (set: SemaphoreSet, lastPid: number) => boolean;
  /** Other servers that forked during the start. */
  others: Lineage[];
}

function startOf(
  unit: string,
  { invocationId, startPid, main, began, stamps, leavesNobody }: UnitRun,
  snapshot: Snapshot,
  living: readonly Lineage[],
): Start | null {
  const { clock } = snapshot;
  const since = earliestCtime(began, stamps, clock);
  if (invocationId === '' || main === null || !leavesNobody || !since.known) return null;
  const asleepMs = clock.bootMs - clock.monotonicMs;
  const master = living.find(({ root }) => root.pid === main.pid)?.root;
  const masterStartedMs = master?.startedMs ?? main.began.monotonicMs + asleepMs;
  const run = { unit, invocationId, masterPid: main.pid, masterStartedMs, beganRealMs: began.realMs };
  const [fromMs, toMs] = [began.monotonicMs + asleepMs - MARGIN_MS, masterStartedMs + MARGIN_MS];
  const masterRealMs = wallStartMs(masterStartedMs, clock);
  const isLaunchers = ({ ctime }: SemaphoreSet, pid: number): boolean =>
    startPid > 0 &&
    pid >= startPid &&
    pid < main.pid &&
    main.pid - startPid <= MOST_PIDS &&
    ctime * 1000 <= masterRealMs + MARGIN_MS;
  // A set that was used after the master exited was used by a process that has its number since.
  const isMasters = ({ ctime, otime }: SemaphoreSet, pid: number): boolean =>
    pid === main.pid &&
    main.exited !== null &&
    masterRealMs <= ctime * 1000 + NO_REUSE_MS &&
    Math.max(ctime, otime) * 1000 <= main.exited.realMs;
  return {
    run,
    used: (set, pid) => set.ctime >= since.value && (isLaunchers(set, pid) || isMasters(set, pid)),
    others: living.filter(
      (lineage) =>
        relationTo(run, lineage, snapshot) !== 'same' &&
        lineage.members.some(({ startedMs }) => startedMs >= fromMs && startedMs <= toMs),
    ),
  };
}
