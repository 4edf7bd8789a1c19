import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { errorReason } from '../files/error-reason.ts';

export interface Ended {
  stdout: Buffer;
  stderr: Buffer;
  /** Null when a signal ended it, or it could not be started. */
  exitCode: number | null;
  /** What ended it, or null. */
  signal: NodeJS.Signals | null;
  /** What went wrong, or null when it ended with 0. */
  failure: string | null;
  /** The argument list did not fit (execve(2), E2BIG). */
  tooBig: boolean;
  /** It printed more than MOST_OUTPUT, and was cut off there. */
  tooLong: boolean;
  /** At the deadline something still held its output open: itself, or what it left behind. */
  late: boolean;
}

export interface Running {
  /** Null when it could not be started, as is `pid`. */
  stdin: Writable | null;
  pid: number | null;
  ended: Promise<Ended>;
  /** All of stdout so far, as soon as it ends with these words, or when the tool has ended. */
  output(until: string): Promise<Buffer>;
}

/** In bytes, of stdout and of stderr. */
export const MOST_OUTPUT = 4 * 1024 * 1024;

/** The tools are the system's own; a caller's PATH, locale and PERL5OPT have no say. */
const TOOL_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  // systemd 247 colours its complaints also for a pipe.
  SYSTEMD_LOG_COLOR: '0',
};

export interface ToolOptions {
  /** Beside those of TOOL_ENVIRONMENT, which always count more. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** In a session of its own: on our terminal it could type, as us (ioctl_tty(2), TIOCSTI). */
  ownSession?: boolean;
}

/**
 * Starts one program, never through a shell: all children but three come through here (follow-journal.ts, whose child never
 * ends, and two that are waited for where nothing else may happen meanwhile). Never throws or rejects. When `deadlineMs`, on
 * performance.now()'s clock, has come, the program is killed with SIGKILL, and whatever still holds its output is no longer
 * waited for.
 */
export function startTool(
  [file = '', ...args]: readonly string[],
  deadlineMs: number,
  { env, cwd, ownSession = false }: ToolOptions = {},
): Running {
  const timeoutMs = Math.ceil(deadlineMs - performance.now());
  if (timeoutMs <= 0) return notStarted(`no time was left to run ${file}`);
  try {
    const child = spawn(file, args, { env: { ...env, ...TOOL_ENVIRONMENT }, cwd, detached: ownSession });
    // A tool that ends before it has read everything is told of by its exit code.
    child.stdin.on('error', () => undefined);
    const out = new Output(child.stdout);
    const err = new Output(child.stderr);
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    const ended = new Promise<Ended>((resolve) => {
      const end = (how: Pick<Ended, 'exitCode' | 'signal' | 'failure' | 'tooBig'>): void => {
        clearTimeout(limit);
        const tooLong = out.tooLong || err.tooLong;
        resolve({ ...how, stdout: out.all(), stderr: err.all(), tooLong, late });
      };
      child.on('error', (error) => {
        const [failure, tooBig] = cannotRun(file, error);
        end({ exitCode: null, signal: null, failure, tooBig });
      });
      child.on('close', (exitCode, signal) => {
        const complaint = err.all().toString().split('\n', 1)[0] ?? '';
        let failure: string | null = null;
        if (out.tooLong || err.tooLong) failure = `${file} printed more than ${MOST_OUTPUT} bytes`;
        else if (signal !== null)
          failure = `${file} was ended by ${signal}${late ? ` after ${timeoutMs} ms` : ''}`;
        else if (exitCode !== 0)
          failure = `${file} ended with ${exitCode}${complaint === '' ? '' : `: ${complaint}`}`;
        end({ exitCode, signal, failure, tooBig: false });
      });
    });
    const output = (until: string): Promise<Buffer> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (out.endsWith(until)) resolve(out.all());
        };
        child.stdout.on('data', look);
        look();
        void ended.then(({ stdout }) => {
          resolve(stdout);
        });
      });
    return { stdin: child.stdin, pid: child.pid ?? null, ended, output };
  } catch (error) {
    return notStarted(...cannotRun(file, error));
  }
}

/** Runs one tool to its end, with nothing to read. */
export function runTool(
  command: readonly string[],
  deadlineMs: number,
  options: ToolOptions = {},
): Promise<Ended> {
  const { stdin, ended } = startTool(command, deadlineMs, options);
  stdin?.end();
  return ended;
}

/** Keeps what a stream brings, up to MOST_OUTPUT; then it is closed, so that whoever writes on gets SIGPIPE. */
class Output {
  tooLong = false;
  private readonly pieces: Buffer[] = [];
  private size = 0;

  constructor(stream: Readable) {
    stream.on('data', (piece: Buffer) => {
      this.size += piece.length;
      if (this.size <= MOST_OUTPUT) this.pieces.push(piece);
      else {
        this.tooLong = true;
        stream.destroy();
      }
    });
  }

  all(): Buffer {
    return Buffer.concat(this.pieces);
  }

  endsWith(words: string): boolean {
    return Buffer.concat(this.pieces.slice(-2)).toString('latin1').endsWith(words);
  }
}

function cannotRun(file: string, error: unknown): [string, boolean] {
  return [`${file} cannot be run: ${errorReason(error)}`, (error as NodeJS.ErrnoException).code === 'E2BIG'];
}

function notStarted(failure: string, tooBig = false): Running {
  const nothing = Buffer.alloc(0);
  return {
    stdin: null,
    pid: null,
    ended: Promise.resolve({
      stdout: nothing,
      stderr: nothing,
      exitCode: null,
      signal: null,
      failure,
      tooBig,
      tooLong: false,
      late: false,
    }),
    output: () => Promise.resolve(nothing),
  };
}
