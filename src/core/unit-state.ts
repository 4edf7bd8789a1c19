import { type RunEnding, mayLackSets } from './run-ending.ts';

/** What the watcher sees of a unit: ActiveState and InvocationID, which is "" before the first run. */
export interface UnitState {
  active: string;
  invocationId: string;
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
