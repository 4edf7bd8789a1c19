import { type Done, done, notDone } from '../../core/done.ts';
import { tryRun } from '../exec/run.ts';

const TIMEOUT_MS = 10_000;

/** Whether systemd-analyze(1) accepts our files; if not, its first error. Done if the tool is missing. */
export async function verifyUnits(units: readonly string[], ours: RegExp): Promise<Done<'rejected'>> {
  const ran = await tryRun({
    file: 'systemd-analyze',
    args: ['verify', '--man=no', ...units],
    timeoutMs: TIMEOUT_MS,
  });
  if (!ran.known) return done;
  // Not by its exit status, which is 0 before systemd 250 despite errors.
  const lines = ran.value.stderr.split('\n');
  // An older systemd ignores settings it does not know.
  const error = lines.find((line) => ours.test(line) && !/Unknown (key|lvalue|section)/.test(line));
  return error === undefined ? done : notDone('rejected', error);
}
