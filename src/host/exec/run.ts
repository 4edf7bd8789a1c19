import { type Fact, known, unknown } from '../../core/fact.ts';
import { MOST_OUTPUT, startTool } from './spawn-tool.ts';

/** A program to run: never through a shell. */
export interface Command {
  file: string;
  /** Whom a complaint names, where another program only starts it. */
  name?: string;
  args: readonly string[];
  /** Beside PATH and LC_ALL, which are always ours: they are also those of timeout(1), which runs as we do. */
  env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; nothing when not given. */
  input?: string;
  /** The folder it is run in; / where none is named, never the caller's. */
  cwd?: string;
  timeoutMs: number;
}

/** For timeout(1) itself. */
const GRACE_MS = 300;

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** What a program printed on stdout. Unknown when `tryRun` does not know, or it does not end with 0: then the reason has the first lines of its complaint. */
export async function run(command: Command): Promise<Fact<string>> {
  const ran = await tryRun(command);
  if (!ran.known) return ran;
  const { exitCode, stdout, stderr } = ran.value;
  if (exitCode === 0) return known(stdout);
  return unknown(
    `${command.name ?? command.file} failed: ${firstLines(stderr) || `it ended with ${exitCode}`}`,
  );
}

/**
 * Runs a program to its end, whatever its exit status. Unknown when it cannot be run, takes too long or prints too much.
 * timeout(1) ends it together with all that it started, as apachectl starts httpd, also when we are killed first.
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
  const { stdin, ended } = startTool(command, performance.now() + timeoutMs + GRACE_MS, options);
  stdin?.end(input);
  const { stdout, stderr, exitCode, signal, failure, tooLong, late } = await ended;
  // In yet another session, where timeout(1) does not find it.
  if (late) return unknown(`${name} left something behind that did not end in ${timeoutMs} ms`);
  if (tooLong) return unknown(`${name} printed more than ${MOST_OUTPUT} bytes`);
  const said = text(stderr);
  if (signal === 'SIGKILL' || exitCode === KILLED) return unknown(`${name} did not end in ${timeoutMs} ms`);
  if (exitCode === null || exitCode === NOT_FOUND || exitCode === NOT_RUNNABLE)
    return unknown(`${name} failed: ${firstLines(said) || (failure ?? '')}`);
  return known({ exitCode, stdout: text(stdout), stderr: said });
}

/** Without the newline at its end. */
function text(output: Buffer): string {
  return output.toString().replace(/\r?\n$/, '');
}

/** The part of a complaint that fits into a sentence. */
export function firstLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, 2).join(' ');
}

/** As timeout(1) and shells have them. */
const NOT_RUNNABLE = 126;
const NOT_FOUND = 127;
/** 128 + SIGKILL, as timeout(1) has it. */
const KILLED = 137;
