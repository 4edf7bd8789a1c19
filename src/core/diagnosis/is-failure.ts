import type { Cause } from './cause.ts';
import type { RunEnding } from './run-ending.ts';

/** Whether a run failed, so that its cause is written to the journal. An exit with 0 without another cause is `apachectl stop`. */
export function isFailure(cause: Cause, ending: RunEnding | null): boolean {
  if (cause === 'none' || cause === 'stopped-by-admin') return false;
  const isUnexplained = cause === 'other' || cause === 'unknown';
  return !(isUnexplained && ending?.result === 'success');
}
