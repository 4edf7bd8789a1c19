import { type Fact, known, unknown } from '../../core/fact.ts';
import { MOST_OUTPUT, startTool } from './spawn-tool.ts';
import { steadyMs } from './steady-ms.ts';

/** A program to run without a shell. */
export interface Command {
  file: string;
  /** The name in error messages, if another program only starts it. */
  name?: string;
  args: readonly string[];
  /** In addition to PATH and LC_ALL, which are always ours, since they also apply to timeout(1), which runs with our rights. */
  env?: Readonly<Record<string, string>>;
  /** Its stdin; empty by default. */
  input?: string;
  /** Its working directory; / by default, never the caller's. */
  cwd?: string;
  timeoutMs: number;
}

/** Extra time for timeout(1) itself. */
const GRACE_MS = 300;

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The stdout of a program. Unknown if `tryRun` fails, or with the first lines of stderr if the exit status is not 0. */
export async function run(command: Command): Promise<Fact<string>> {
  const ran = await tryRun(command);
  if (!ran.known) return ran;
  const { exitCode, stdout, stderr } = ran.value;
  if (exitCode === 0) return known(stdout);
  return unknown(
    `${command.name ?? command.file} failed: ${firstLines(stderr) || `exit status ${exitCode}`}`,
  );
}

/**
 * Runs a program until it exits, whatever its exit status. Unknown if it cannot be run, takes too long or prints too much.
 * timeout(1) kills it with everything it started, as apachectl starts httpd, even if we are killed first.
 */
export async function tryRun({
  file,
  name = file,
  args,
  env,
  cwd = '/',
  input = '',
  timeoutMs: limitMs,
}: Command): Promise<Fact<Ran>> {
  const timeoutMs = Math.ceil(limitMs);
  const command = ['timeout', '--signal=KILL', `${timeoutMs / 1000}s`, file, ...args];
  const options = { ...(env === undefined ? {} : { env }), cwd, ownSession: true };
  const beganMs = steadyMs();
  const { stdin, ended } = startTool(command, beganMs + timeoutMs + GRACE_MS, options);
  stdin?.end(input);
  const { stdout, stderr, exitCode, signal, failure, tooLong, late } = await ended;
  // A child in another session, which timeout(1) does not kill.
  if (late) return unknown(`${name} left a process that did not end in ${timeoutMs} ms`);
  if (tooLong) return unknown(`${name} printed more than ${MOST_OUTPUT} bytes`);
  const errors = text(stderr);
  if (signal === 'SIGKILL' || exitCode === KILLED)
    return unknown(
      steadyMs() - beganMs < timeoutMs ? `${name} was killed` : `${name} did not end in ${timeoutMs} ms`,
    );
  if (exitCode === null || exitCode === NOT_FOUND || exitCode === NOT_RUNNABLE)
    return unknown(`${name} failed: ${firstLines(errors) || (failure ?? '')}`);
  return known({ exitCode, stdout: text(stdout), stderr: errors });
}

/** Output without the final newline. */
function text(output: Buffer): string {
  return output.toString().replace(/\r?\n$/, '');
}

/** The first two lines of an error message, to quote in a sentence. */
export function firstLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, 2).join(' ');
}

/** Exit statuses of timeout(1) and of shells. */
const NOT_RUNNABLE = 126;
const NOT_FOUND = 127;
/** 128 + SIGKILL (timeout(1)). */
const KILLED = 137;
