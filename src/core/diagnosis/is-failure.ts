import type { Cause } from './cause.ts';
import type { RunEnding } from './run-ending.ts';

/** Whether a run ended in a failure: the journal gets an entry about its cause. An unexplained exit with 0 is `apachectl stop`. */
export function isFailure(cause: Cause, ending: RunEnding | null): boolean {
  if (cause === 'none' || cause === 'stopped-by-admin') return false;
  const isUnexplained = cause === 'other' || cause === 'unknown';
  return !(isUnexplained && ending?.result === 'success');
}
