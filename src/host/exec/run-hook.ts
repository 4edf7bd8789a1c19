import { tryRun } from './run.ts';

const TIMEOUT_MS = 30_000;

/** Runs a command of the admin's, never through a shell, with facts in its environment. Returns what went wrong, or null. */
export async function runHook(
  [file = '', ...args]: readonly string[],
  facts: Readonly<Record<string, string>>,
): Promise<string | null> {
  const ran = await tryRun({ file, args, env: facts, timeoutMs: TIMEOUT_MS });
  if (!ran.known) return ran.why;
  return ran.value.exitCode === 0 ? null : `${file} ended with ${ran.value.exitCode}`;
}
