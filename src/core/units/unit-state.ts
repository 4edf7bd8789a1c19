import * as phases from './active-state.ts';
import type { UnitFacts } from './unit-facts.ts';

type State = Pick<UnitFacts, 'active' | 'sub' | 'mainPid' | 'result'>;

/** Whether the unit is up and not stuck. */
export function isUp(unit: State): boolean {
  return phases.isUp(unit) && !isStuck(unit);
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
  return phases.unitPhase(unit) === 'up-without-process';
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
