import { counted } from '../../text/counted.ts';
import { isFailedExit } from '../../units/end-result.ts';
import type { UnitFacts } from '../../units/unit-facts.ts';
import { isUnsupervised } from '../../units/unit-state.ts';
import type { FailureFacts } from '../failure-facts.ts';

/** How the unit's last run ended, as ExecStopPost or else systemd says. */
export interface LastEnd {
  /** As $SERVICE_RESULT (systemd.exec(5)); gone: it was killed, and systemd did not notice. */
  result: string;
  /** How long the run lasted, milliseconds without sleep. */
  ranMs: number;
  /** Whether it ended without a job to stop or restart it; null where that is not known. */
  byItself: boolean | null;
  /** In a few words, for people. */
  text: string;
}

export function endOf(unit: UnitFacts, facts: FailureFacts): LastEnd {
  const end = reportedEnd(unit, facts);
  const { leftSets, ending } = facts;
  const wasKilled = leftSets > 0 || (ending !== null && ending.cause === 'killed');
  if (end.result !== 'success' || end.byItself !== true || !wasKilled) return end;
  // systemd knows no main process, as of a forking httpd with a piped log and without PIDFile=, and so reports success.
  const left = leftSets > 0 ? `, and left ${counted(leftSets, 'semaphore set')}` : '';
  return { ...end, result: 'gone', text: `${end.text}, but its master did not exit by itself${left}` };
}

function reportedEnd(unit: UnitFacts, facts: FailureFacts): LastEnd {
  const { ending } = facts;
  if (isGone(unit, facts))
    return {
      result: 'gone',
      ranMs: Infinity,
      byItself: true,
      text: facts.isMasterless ? 'only workers without a master are running' : 'no httpd is running',
    };
  if (ending !== null) {
    const { result, exitCode, exitStatus, ranMs, byItself } = ending;
    const main = exitCode === '' ? '' : `, its main process ${exitCode} with ${exitStatus}`;
    return { result, ranMs, byItself, text: `result ${result}${main}` };
  }
  const { result, run } = unit;
  if (unit.invocationId === '' && facts.lastJob.known && facts.lastJob.value !== null) {
    // systemd unloaded it: only its journal entries show the last run.
    const { type, ranMs } = facts.lastJob.value;
    return { result, ranMs: ranMs ?? Infinity, byItself: type === 'start', text: `result ${result}` };
  }
  const last = Math.max(...run.stamps.map(({ monotonicMs }) => monotonicMs), run.began.monotonicMs);
  return {
    result,
    ranMs: last - run.began.monotonicMs,
    byItself: endedByItself(unit) ?? wasNotStopped(unit, facts),
    text: `result ${result}`,
  };
}

/**
 * Its main process ended before the unit began to stop, and not because of that; null where systemd does not know. A result of
 * success with an exit status of failure is what reset-failed leaves: then an admin has seen the failure.
 */
function endedByItself({ run, result, mainExitMs, mainExitedWell, activeExitMs }: UnitFacts): boolean | null {
  if (mainExitMs < run.began.monotonicMs || mainExitMs === 0) return null;
  if (result === 'success' && !mainExitedWell) return false;
  return mainExitMs <= activeExitMs || activeExitMs < run.began.monotonicMs;
}

/** Its start is the last thing that was asked of it; null where that is not known. */
function wasNotStopped({ invocationId }: UnitFacts, { lastJob }: FailureFacts): boolean | null {
  if (!lastJob.known || lastJob.value === null) return null;
  return lastJob.value.type === 'start' && lastJob.value.invocationId === invocationId;
}

/** Whether httpd has ended, although systemd has its unit up: "active (exited)", or only orphaned workers are left. */
export function isGone(unit: UnitFacts, { httpdRuns, isMasterless }: FailureFacts): boolean {
  return isMasterless || (isUnsupervised(unit) && httpdRuns.known && !httpdRuns.value);
}

/** httpd makes its mutexes, opens its ports and logs within a second or two of its start; later an exit with 0 is a stop. */
const NEVER_SERVED_MS = 10_000;

/**
 * Whether the run may have ended because httpd could not get something: then it exits with 1 or (2.2) with 0, and systemd may
 * miss its pid file (protocol, resources) or refuse more starts. An exit with 0 counts soon after the start alone: later
 * it is what `apachectl stop` looks like.
 */
export function endedByExit({ result, ranMs }: Pick<LastEnd, 'result' | 'ranMs'>): boolean {
  if (result === 'success') return ranMs < NEVER_SERVED_MS;
  return isFailedExit(result);
}
