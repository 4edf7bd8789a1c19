import type { ActiveState } from '../units/active-state.ts';
import { isFailedExit } from '../units/end-result.ts';
import { restartsByItself } from '../units/restart.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import { isForSets } from '../diagnosis/cause.ts';
import { type RunEnding, mayLackSets } from '../diagnosis/run-ending.ts';

/** A unit's state as the watcher follows it. InvocationID is "" before the first run. */
export type UnitState = Pick<UnitFacts, 'active' | 'invocationId' | 'result' | 'restart'>;

/**
 * Whether a run ends with a failure, and ExecStopPost= may still be running. A recovery that is requested now gets ready
 * meanwhile, and waits for the end. Not where systemd itself starts it again.
 */
function isFailing({ active, result, restart }: UnitState): boolean {
  return active === 'deactivating' && isFailedExit(result) && !restartsByItself({ restart }, result);
}

/**
 * Whether a unit is down because no set could be created, and not because it was stopped or reset. `ending` is that of its
 * last run; null if ExecStopPost= kept none.
 */
export function isDownForSets(active: ActiveState, ending: RunEnding | null): boolean {
  if (ending === null || !ending.byItself || !isForSets(ending.cause)) return false;
  // One that was killed has not failed to start.
  if (!mayLackSets(ending.result)) return false;
  // httpd 2.2 exits with 0 if it cannot create a set, and systemd then shows inactive, success.
  return active === 'failed' || (active === 'inactive' && ending.result === 'success');
}

/**
 * Whether a unit that came to this state must be looked at again. A failed one of which no ending was kept may be one: the
 * recovery keeps an ending when it finds that sets were lacking.
 */
export function mayBeDownForSets(active: ActiveState, ending: RunEnding | null): boolean {
  return isDownForSets(active, ending) || (active === 'failed' && ending === null);
}

/** Delays between retries while a unit waits for free sets; the last one repeats. */
const RETRY_DELAYS_MS = [5_000, 15_000, 30_000, 60_000] as const;

/** The delay before the next retry in milliseconds, after `retries` of them. */
export function retryDelayMs(retries: number): number {
  return RETRY_DELAYS_MS[Math.min(retries, RETRY_DELAYS_MS.length - 1)] ?? 60_000;
}

/**
 * Whether a change of state is a reason to request a recovery. `ending` is what ExecStopPost= kept of that run; null if it kept
 * nothing, as for a stop on purpose, by far the most frequent case.
 */
export function isReasonToRecover(
  before: UnitState | undefined,
  now: UnitState,
  ending: RunEnding | null,
): boolean {
  // The first state after the watcher's start: only a failed unit is a reason, since an inactive one may be so for long.
  if (before === undefined) return now.active === 'failed';
  // systemd signals the current state and may skip intermediate ones, even a whole short run.
  const isOtherRun = before.invocationId !== now.invocationId;
  const wasFailing = isFailing(before) && !isOtherRun;
  if (isFailing(now)) return !wasFailing;
  if (before.active === now.active && !isOtherRun) return false;
  // Requested already.
  if (now.active === 'failed' && wasFailing) return false;
  if (now.active === 'failed') return ending === null || mayLackSets(ending.result);
  // httpd 2.2 ends like this if it cannot create a set. After "failed" it only means systemctl reset-failed.
  return (
    now.active === 'inactive' &&
    (before.active !== 'failed' || isOtherRun) &&
    ending !== null &&
    ending.byItself
  );
}
