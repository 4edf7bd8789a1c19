/** What the watcher sees of a unit: ActiveState and SubState. */
export interface UnitState {
  active: string;
  sub: string;
}

/**
 * Whether a change of state is a reason to ask for a look. Also an end without failure, since 2.2 has such when it finds no
 * semaphores; whether somebody wished it, the look will tell.
 */
export function isReasonToLook(before: UnitState | undefined, now: UnitState): boolean {
  const isDown = now.active === 'failed' || now.active === 'inactive';
  // Of a watcher that has just begun: only what failed, for what rests may rest for long.
  if (before === undefined) return now.active === 'failed';
  return isDown && before.active !== now.active;
}
