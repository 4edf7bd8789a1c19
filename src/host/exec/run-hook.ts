import { tryRun } from './run.ts';

const TIMEOUT_MS = 30_000;

/** Runs a command that the admin configured, without a shell and with facts in its environment. Returns the error, or null. */
export async function runHook(
  [file = '', ...args]: readonly string[],
  facts: Readonly<Record<string, string>>,
): Promise<string | null> {
  const ran = await tryRun({ file, args, env: facts, timeoutMs: TIMEOUT_MS });
  if (!ran.known) return ran.why;
  return ran.value.exitCode === 0 ? null : `${file} exited with ${ran.value.exitCode}`;
}
