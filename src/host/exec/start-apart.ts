import { type Done, done, notDone } from '../../core/done.ts';
import { run } from './run.ts';

const TIMEOUT_S = 60;

/**
 * Starts a program in a transient unit of its own (systemd-run(1)) with `input` on stdin, and does not wait for it: nothing of
 * it is in the caller's control group, and systemd logs its failure. systemd ends it after a minute.
 */
export async function startApart(
  program: readonly string[],
  input: string,
  timeoutMs: number,
): Promise<Done<'not-started'>> {
  const started = await run({
    file: 'systemd-run',
    args: [
      ...['--quiet', '--no-block', '--collect', '--description=httpd-guard: on-event'],
      `--property=RuntimeMaxSec=${TIMEOUT_S}`,
      '--property=StandardInput=data',
      `--property=StandardInputData=${Buffer.from(input).toString('base64')}`,
      '--',
      ...program,
    ],
    timeoutMs,
  });
  return started.known ? done : notDone('not-started', started.why);
}
