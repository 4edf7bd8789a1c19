import type { UnitFacts } from './unit-facts.ts';

type State = Pick<UnitFacts, 'active' | 'sub' | 'mainPid' | 'result'>;

/**
 * up: the unit is started. up-without-process: the same, but its command has exited and systemd watches no process ("active
 * (exited)", as for units that are generated from init scripts, systemd-sysv-generator(8)), so httpd may be running or not.
 * changing: between two states, or in an unrecognized one. down: stopped, failed or stuck.
 */
export type UnitPhase = 'up' | 'up-without-process' | 'changing' | 'down';

export function unitPhase(unit: State): UnitPhase {
  if (isStuck(unit)) return 'down';
  switch (unit.active) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return unit.sub === 'exited' ? 'up-without-process' : 'up';
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
export function isUp(unit: State): boolean {
  const phase = unitPhase(unit);
  return phase === 'up' || phase === 'up-without-process';
}

/** Whether the unit is stopped, failed or stuck, and not changing. */
export function isDown(unit: State): boolean {
  return unitPhase(unit) === 'down';
}

/**
 * Before systemd 249, a main process that dies after RELOADING=1 leaves its unit "reloading" until TimeoutStartSec=, with no
 * process and the result of the end. Until then nothing changes, and a start has no effect.
 */
export function isStuck({ active, mainPid, result }: State): boolean {
  return active === 'reloading' && mainPid === 0 && result !== 'success' && result !== '';
}

/** Whether the unit is up without a main process: then systemd does not notice the end of httpd. */
export function isUnsupervised(unit: State): boolean {
  return unitPhase(unit) === 'up-without-process';
}

/** Whether systemd is changing the unit's state, or a job to do so is queued. */
export function isChanging(unit: State & Pick<UnitFacts, 'job'>): boolean {
  const { active, job } = unit;
  const isOnItsWay =
    active === 'activating' || active === 'deactivating' || active === 'reloading' || active === 'refreshing';
  // The job of the reload in which its main process died never ends either.
  if (isStuck(unit)) return job !== null && job !== 'reload';
  return job !== null || isOnItsWay;
}

/** Whether ExecStopPost= runs (systemd: unit-def.c). */
export function isInStopPost({ sub }: Pick<UnitFacts, 'sub'>): boolean {
  return sub === 'stop-post';
}
