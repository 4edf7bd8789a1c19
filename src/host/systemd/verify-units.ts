import { tryRun } from '../exec/run.ts';

const TIMEOUT_MS = 10_000;

/** What systemd-analyze(1) has against units, of the lines that speak of our files; null when it has nothing, or is not here. */
export async function verifyUnits(units: readonly string[], ours: RegExp): Promise<string | null> {
  const ran = await tryRun({
    file: 'systemd-analyze',
    args: ['verify', '--man=no', ...units],
    timeoutMs: TIMEOUT_MS,
  });
  if (!ran.known) return null;
  // Not by its exit code, which before systemd 250 is 0 also where it complains.
  const lines = ran.value.stderr.split('\n');
  // An older systemd does without the settings it does not know.
  return lines.find((line) => ours.test(line) && !/Unknown (key|lvalue|section)/.test(line)) ?? null;
}
