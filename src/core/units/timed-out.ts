import type { UnitFacts } from './unit-facts.ts';

/** What took too long in a run that ended with result timeout: a run that was never active was still starting. */
export function timedOut({ activeExitMs, run }: Pick<UnitFacts, 'activeExitMs' | 'run'>): 'start' | 'stop' {
  return activeExitMs < run.began.monotonicMs ? 'start' : 'stop';
}
