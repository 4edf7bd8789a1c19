import { isForSets } from '../diagnosis/cause.ts';
import { type RunEnding, mayLackSets } from '../diagnosis/run-ending.ts';

/** What the watcher sees of a unit: ActiveState and InvocationID, which is "" before the first run. */
export interface UnitState {
  active: string;
  invocationId: string;
}

/**
 * Whether a unit is down because it could get no set: it waits for room. Not one that somebody stopped, or made systemd forget.
 * `ending` is that of its last run, null where none was kept.
 */
export function isDownForSets(active: string, ending: RunEnding | null): boolean {
  if (ending === null || !ending.byItself || !isForSets(ending.cause)) return false;
  // 2.2 ends with 0 when it finds no semaphores, and rests then.
  return active === 'failed' || (active === 'inactive' && ending.result === 'success');
}

/**
 * Whether a unit that came to this state must be looked at again. A failed one of which no ending was kept may be one: the
 * recovery keeps an ending when it finds that sets were lacking.
 */
export function mayBeDownForSets(active: string, ending: RunEnding | null): boolean {
  return isDownForSets(active, ending) || (active === 'failed' && ending === null);
}

/** How long to wait before each next look at a unit that waits for room; the last one counts for all that follow. */
const LOOK_AGAIN_MS = [5_000, 15_000, 30_000, 60_000] as const;

/** The wait before the next look, in milliseconds, after so many looks. */
export function lookAgainMs(looks: number): number {
  return LOOK_AGAIN_MS[Math.min(looks, LOOK_AGAIN_MS.length - 1)] ?? 60_000;
}

/**
 * Whether a change of state is a reason to ask for a look. `ending` is what ExecStopPost kept of that run; null when it kept
 * nothing, as of a stop that somebody wished, and that is by far the most frequent end.
 */
export function isReasonToLook(
  before: UnitState | undefined,
  now: UnitState,
  ending: RunEnding | null,
): boolean {
  // Of a watcher that has just begun: only what failed, for what rests may rest for long.
  if (before === undefined) return now.active === 'failed';
  // systemd signals the state it has come to, and may leave out what lay between: a whole run, where that was short.
  const isOtherRun = before.invocationId !== now.invocationId;
  if (before.active === now.active && !isOtherRun) return false;
  if (now.active === 'failed') return ending === null || mayLackSets(ending.result);
  // 2.2 ends like this when it finds no semaphores. After "failed" it is only that somebody made systemd forget.
  return (
    now.active === 'inactive' &&
    (before.active !== 'failed' || isOtherRun) &&
    ending !== null &&
    ending.byItself
  );
}
