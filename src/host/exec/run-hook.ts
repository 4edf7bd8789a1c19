import { type Done, done, notDone } from '../../core/done.ts';
import { tryRun } from './run.ts';

const TIMEOUT_MS = 30_000;

/** not-run: it cannot be started, or takes too long. failed: its exit status is not 0. */
export type HookCode = 'not-run' | 'failed';

/** Runs a command that the admin configured, without a shell and with facts in its environment. */
export async function runHook(
  [file = '', ...args]: readonly string[],
  facts: Readonly<Record<string, string>>,
): Promise<Done<HookCode>> {
  const ran = await tryRun({ file, args, env: facts, timeoutMs: TIMEOUT_MS });
  if (!ran.known) return notDone('not-run', ran.why);
  const { exitCode } = ran.value;
  return exitCode === 0 ? done : notDone('failed', `${file} exited with ${exitCode}`);
}
