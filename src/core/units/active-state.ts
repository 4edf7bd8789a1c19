/** ActiveState of a unit (org.freedesktop.systemd1(5)); `refreshing` since systemd 257. */
const ACTIVE_STATES = [
  'active',
  'reloading',
  'refreshing',
  'inactive',
  'failed',
  'activating',
  'deactivating',
  'maintenance',
] as const;

/** `unrecognized`: a state that this version does not know, neither up nor down, so that nothing is done. */
export type ActiveState = (typeof ACTIVE_STATES)[number] | 'unrecognized';

export function parseActiveState(text: string): ActiveState {
  return ACTIVE_STATES.find((state) => state === text) ?? 'unrecognized';
}

/**
 * up: the unit is started. up-without-process: the same, but its command has exited and systemd watches no process ("active
 * (exited)", as for units that are generated from init scripts, systemd-sysv-generator(8)), so httpd may be running or not.
 * changing: between two states, or in an unrecognized one. down: stopped or failed.
 */
export type UnitPhase = 'up' | 'up-without-process' | 'changing' | 'down';

export function unitPhase({ active, sub }: { active: ActiveState; sub: string }): UnitPhase {
  switch (active) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return sub === 'exited' ? 'up-without-process' : 'up';
    case 'inactive':
    case 'failed':
    case 'maintenance':
      return 'down';
    case 'activating':
    case 'deactivating':
    case 'unrecognized':
      return 'changing';
  }
}

/** Whether the unit is started. The only definition of "up". */
export function isUp(unit: { active: ActiveState; sub: string }): boolean {
  const phase = unitPhase(unit);
  return phase === 'up' || phase === 'up-without-process';
}

/** Whether the unit is stopped or failed, and not changing. */
export function isDown(unit: { active: ActiveState; sub: string }): boolean {
  return unitPhase(unit) === 'down';
}
