import type { UnitFacts } from './unit-facts.ts';

/**
 * What took too long in a run that ended with result timeout: a run that was never active was still starting, and one that was
 * active for RuntimeMaxSec= has reached it (systemd.service(5)).
 */
export function timedOut({
  activeExitMs,
  runtimeMaxMs,
  run,
}: Pick<UnitFacts, 'activeExitMs' | 'runtimeMaxMs' | 'run'>): 'start' | 'stop' | 'run' {
  if (activeExitMs < run.began.monotonicMs) return 'start';
  return activeExitMs - run.began.monotonicMs >= runtimeMaxMs ? 'run' : 'stop';
}
