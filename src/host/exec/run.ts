import { type Fact, known, unknown } from '../../core/fact.ts';
import { TOOL_ENVIRONMENT } from './spawn-tool.ts';

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
const MOST_OUTPUT = 4 * 1024 * 1024;

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
 * Runs a program to its end, whatever its exit code. Unknown when it cannot be run, takes too long or prints too much.
 * timeout(1) ends it together with all that it started, as apachectl starts httpd: a child left over would hold the pipe.
 */
export async function tryRun({
  file,
  name = file,
  args,
  env,
  cwd = '/',
  input,
  timeoutMs,
}: Command): Promise<Fact<Ran>> {
  // Read only when a program is really run: the start path mostly runs none.
  const { execa } = await import('execa');
  const running = execa('timeout', ['--signal=KILL', `${timeoutMs / 1000}s`, file, ...args], {
    env: { ...env, ...TOOL_ENVIRONMENT },
    extendEnv: false,
    cwd,
    // In a session of its own: on our terminal it could type, as us (ioctl_tty(2), TIOCSTI).
    detached: true,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    maxBuffer: MOST_OUTPUT,
    reject: false,
  });
  // What it left behind in yet another session may hold the pipes for ever.
  const end = new AbortController();
  const limit = setTimeout(() => {
    end.abort();
    running.stdout.destroy();
    running.stderr.destroy();
    running.kill('SIGKILL');
  }, timeoutMs + GRACE_MS);
  const result = await running;
  clearTimeout(limit);
  if (end.signal.aborted) return unknown(`${name} left something behind that did not end in ${timeoutMs} ms`);
  const { exitCode, stdout, stderr } = result;
  if (result.signal === 'SIGKILL' || exitCode === KILLED)
    return unknown(`${name} did not end in ${timeoutMs} ms`);
  if (exitCode === undefined || exitCode === NOT_FOUND || exitCode === NOT_RUNNABLE)
    return unknown(`${name} failed: ${firstLines(stderr) || (result.shortMessage ?? '')}`);
  return known({ exitCode, stdout, stderr });
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
