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

/** `unrecognized` is one that this version does not know: neither up nor down, so that nothing is done. */
export type ActiveState = (typeof ACTIVE_STATES)[number] | 'unrecognized';

export function parseActiveState(text: string): ActiveState {
  return ACTIVE_STATES.find((state) => state === text) ?? 'unrecognized';
}

/**
 * up: systemd counts the unit as started. up-without-process: the same, but its command has ended and none of its processes
 * is watched ("active (exited)", as of units that are generated from init scripts, systemd-sysv-generator(8)): httpd may run
 * or not. changing: on its way to another state, or in none that is known here. down: at rest, by itself or not.
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

/** Whether systemd counts the unit as started. The one definition of "up". */
export function isUp(unit: { active: ActiveState; sub: string }): boolean {
  const phase = unitPhase(unit);
  return phase === 'up' || phase === 'up-without-process';
}

/** Whether the unit is at rest: it neither runs nor is it about to. */
export function isDown(unit: { active: ActiveState; sub: string }): boolean {
  return unitPhase(unit) === 'down';
}
