import { tryRun } from '../exec/run.ts';

const TIMEOUT_MS = 10_000;

/** The first error of systemd-analyze(1) about our files; null if there is none, or if the tool is missing. */
export async function verifyUnits(units: readonly string[], ours: RegExp): Promise<string | null> {
  const ran = await tryRun({
    file: 'systemd-analyze',
    args: ['verify', '--man=no', ...units],
    timeoutMs: TIMEOUT_MS,
  });
  if (!ran.known) return null;
  // Not by its exit status, which is 0 before systemd 250 despite errors.
  const lines = ran.value.stderr.split('\n');
  // An older systemd ignores settings it does not know.
  return lines.find((line) => ours.test(line) && !/Unknown (key|lvalue|section)/.test(line)) ?? null;
}
