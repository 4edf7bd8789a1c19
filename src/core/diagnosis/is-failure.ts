import type { Cause } from './cause.ts';
import { endedByExit } from './causes/last-end.ts';
import type { RunEnding } from './run-ending.ts';

/** Whether a run failed, so that its cause is written to the journal. An exit with 0 without another cause is `apachectl stop`. */
export function isFailure(cause: Cause, ending: RunEnding | null): boolean {
  if (cause === 'none' || cause === 'stopped-by-admin') return false;
  if ((cause !== 'other' && cause !== 'unknown') || ending?.result !== 'success') return true;
  // A forking httpd that ends before systemd has found its main process: a success for systemd, with no exit code.
  return ending.byItself && ending.exitCode === '' && endedByExit(ending);
}
