import { TICK_MS } from '../clock.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { ProcessFacts } from '../verdict/process-facts.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import { type ServerRun, isSameRun } from './server-run.ts';

/** The run that a master and its workers are part of; null if that is not proven: then they could be of any run. */
export function runOf(lineage: Lineage, snapshot: Snapshot): ServerRun | null {
  return lineage.role === 'master' ? provenRun(lineage, snapshot) : null;
}

function provenRun({ root, since }: Lineage, { unitRuns }: Snapshot): ServerRun | null {
  if (!since.known || !root.unit.known) return null;
  const run = unitRuns.get(root.unit.value);
  if (run?.known !== true || run.value.invocationId === '') return null;
  return {
    unit: root.unit.value,
    invocationId: run.value.invocationId,
    masterPid: root.pid,
    masterStartedMs: root.startedMs,
    beganRealMs: run.value.began.realMs,
  };
}

/** A launcher forks its master after it has read the configuration, which can take this long. */
const LAUNCH_MARGIN_MS = 60_000;

export type Relation = 'same' | 'maybe' | 'no';

/**
 * Whether the processes of a lineage may be of a run, and so know its sets. Unsure is `maybe`. `no` needs a proof:
 * - systemd puts every process of a run into the unit's control group, and what root has moved out is linked to its master or
 *   to another one; or
 * - the unit has begun another run since, and stopping the unit leaves no process; or
 * - a master that started before the run cannot descend from it.
 */
export function relationTo(run: ServerRun, lineage: Lineage, snapshot: Snapshot): Relation {
  const { role, root, members } = lineage;
  if (isMasterOf(run, root)) return 'same';
  const isInUnit = members.some((process) => isOf(run.unit, process));
  const current = snapshot.unitRuns.get(run.unit);
  if (isInUnit && current?.known === true && current.value.invocationId === run.invocationId) return 'same';
  // Workers keep the process group or session of their master, also where root moves them to another control group, and its
  // number is not given to another process meanwhile (kernel: kernel/pid.c, free_pid).
  const isLinked = members.some(({ pgrp, session }) => pgrp === run.masterPid || session === run.masterPid);
  if (!isInUnit && !isLinked) return isOfUnknownMaster(lineage, run, snapshot) ? 'maybe' : 'no';
  if (role === 'master' && root.startedMs + LAUNCH_MARGIN_MS < run.masterStartedMs) return 'no';
  const its = provenRun(lineage, snapshot);
  // Workers of one unit below a master of another are unheard of.
  const isWhole = its !== null && members.every((process) => isOf(its.unit, process));
  return isWhole && !isSameRun(its, run) ? 'no' : 'maybe';
}

/**
 * Whether orphaned workers may be of a run although nothing links them to it: below a wrapper they have its process group and
 * session, and root may have moved them out of the unit's control group. No, if they are older than the run's master, or in
 * the control group and the session of the main process of another unit.
 */
function isOfUnknownMaster(
  { role, since, members }: Lineage,
  { masterStartedMs }: ServerRun,
  { unitRuns }: Snapshot,
): boolean {
  if (role !== 'orphaned-workers' || since.known) return false;
  return members.some(({ startedMs, pgrp, session, unit }) => {
    if (startedMs + TICK_MS < masterStartedMs) return false;
    const run = unit.known ? unitRuns.get(unit.value) : undefined;
    const main = run?.known === true ? run.value.main?.pid : undefined;
    return main === undefined || (pgrp !== main && session !== main);
  });
}

function isOf(unit: string, process: ProcessFacts): boolean {
  return process.unit.known && process.unit.value === unit;
}

/** exec(2) keeps pid and start time. */
function isMasterOf({ masterPid, masterStartedMs }: ServerRun, { pid, startedMs }: ProcessFacts): boolean {
  return pid === masterPid && startedMs === masterStartedMs;
}
