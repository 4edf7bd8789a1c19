import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { errorReason } from '../files/error-reason.ts';
import { steadyMs } from './steady-ms.ts';

export interface Ended {
  stdout: Buffer;
  stderr: Buffer;
  /** Null if it was killed by a signal or could not be started. */
  exitCode: number | null;
  /** The signal that killed it, or null. */
  signal: NodeJS.Signals | null;
  /** The error; null if it exited with 0. */
  failure: string | null;
  /** Whether the argument list was too long (execve(2), E2BIG). */
  tooBig: boolean;
  /** Whether it printed more than MOST_OUTPUT; the rest is lost. */
  tooLong: boolean;
  /** Whether its output was still open at the deadline, by itself or by a child. */
  late: boolean;
}

export interface Running {
  /** Null if it could not be started, as is `pid`. */
  stdin: Writable | null;
  pid: number | null;
  ended: Promise<Ended>;
  /** All of stdout so far, as soon as it ends with this text or the tool has exited. */
  output(until: string): Promise<Buffer>;
}

/** The most bytes of stdout and of stderr. */
export const MOST_OUTPUT = 4 * 1024 * 1024;

/** Tools get no variables of the caller such as PATH, locale and PERL5OPT. */
const TOOL_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  // systemd 247 colours its messages even for a pipe.
  SYSTEMD_LOG_COLOR: '0',
};

export interface ToolOptions {
  /** In addition to TOOL_ENVIRONMENT, which takes precedence. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Runs it in its own session: on our terminal it could enter input (ioctl_tty(2), TIOCSTI). */
  ownSession?: boolean;
}

/**
 * Starts one program without a shell. All children are started here except three: journalctl, which never exits
 * (follow-journal.ts); rm, which is waited for synchronously (take-request.ts); and perl at a start of httpd (tool-beside.ts).
 * Never throws or rejects. At `deadlineMs`, on steadyMs()'s clock, the program is killed with SIGKILL, and processes that still
 * hold its output are not waited for.
 */
export function startTool(
  [file = '', ...args]: readonly string[],
  deadlineMs: number,
  { env, cwd, ownSession = false }: ToolOptions = {},
): Running {
  const timeoutMs = Math.ceil(deadlineMs - steadyMs());
  if (timeoutMs <= 0) return notStarted(`no time left to run ${file}`);
  try {
    const child = spawn(file, args, { env: { ...env, ...TOOL_ENVIRONMENT }, cwd, detached: ownSession });
    // A tool that exits before it has read everything is reported by its exit status.
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
        const message = err.all().toString().split('\n', 1)[0] ?? '';
        let failure: string | null = null;
        if (out.tooLong || err.tooLong) failure = `${file} printed more than ${MOST_OUTPUT} bytes`;
        else if (signal !== null)
          failure = `${file} was killed by ${signal}${late ? ` after ${timeoutMs} ms` : ''}`;
        else if (exitCode !== 0)
          failure = `${file} exited with ${exitCode}${message === '' ? '' : `: ${message}`}`;
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

/** Runs one tool without input until it exits. */
export function runTool(
  command: readonly string[],
  deadlineMs: number,
  options: ToolOptions = {},
): Promise<Ended> {
  const { stdin, ended } = startTool(command, deadlineMs, options);
  stdin?.end();
  return ended;
}

/** Collects a stream up to MOST_OUTPUT; then closes it, so that the writer gets SIGPIPE. */
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

  endsWith(text: string): boolean {
    return Buffer.concat(this.pieces.slice(-2)).toString('latin1').endsWith(text);
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
