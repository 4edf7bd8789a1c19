import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { errorReason } from '../files/error-reason.ts';

export interface Ended {
  stdout: Buffer;
  /** What went wrong, or null when it ended with 0. */
  failure: string | null;
  /** The argument list did not fit (execve(2), E2BIG). */
  tooBig: boolean;
}

export interface Running {
  /** Null when it could not be started, as is `pid`. */
  stdin: Writable | null;
  pid: number | null;
  ended: Promise<Ended>;
  /** All of stdout so far, as soon as it ends with these words, or when the tool has ended. */
  output(until: string): Promise<Buffer>;
}

const MOST_OUTPUT = 4 * 1024 * 1024;

/** The tools are the system's own; a caller's PATH, locale and PERL5OPT have no say. */
export const TOOL_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  // systemd 247 colours its complaints also for a pipe.
  SYSTEMD_LOG_COLOR: '0',
};

/**
 * Starts one tool of the system on httpd's start path, where execa's start-up would be a third of the time. No shell.
 * Never throws or rejects; the tool is killed with SIGKILL when `deadlineMs`, on performance.now()'s clock, has come.
 */
export function startTool([file = '', ...args]: readonly string[], deadlineMs: number): Running {
  const timeoutMs = Math.ceil(deadlineMs - performance.now());
  if (timeoutMs <= 0) return notStarted(`no time was left to run ${file}`);
  try {
    const child = spawn(file, args, { env: TOOL_ENVIRONMENT, timeout: timeoutMs, killSignal: 'SIGKILL' });
    // A tool that ends before it has read everything is told of by its exit code.
    child.stdin.on('error', () => undefined);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', keeper(out));
    child.stderr.on('data', keeper(err));
    const ended = new Promise<Ended>((resolve) => {
      const end = (failure: string | null, tooBig = false): void => {
        resolve({ stdout: Buffer.concat(out), failure, tooBig });
      };
      child.on('error', (error) => {
        end(...cannotRun(file, error));
      });
      child.on('close', (code, signal) => {
        const complaint = Buffer.concat(err).toString().split('\n', 1)[0] ?? '';
        if (code === 0) end(null);
        else if (signal !== null)
          end(`${file} was ended by ${signal}${child.killed ? ` after ${timeoutMs} ms` : ''}`);
        else end(`${file} ended with ${code}${complaint === '' ? '' : `: ${complaint}`}`);
      });
    });
    const output = (until: string): Promise<Buffer> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (endsWith(out, until)) resolve(Buffer.concat(out));
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
export function runTool(command: readonly string[], deadlineMs: number): Promise<Ended> {
  const { stdin, ended } = startTool(command, deadlineMs);
  stdin?.end();
  return ended;
}

function endsWith(pieces: readonly Buffer[], words: string): boolean {
  const tail = Buffer.concat(pieces.slice(-2)).toString('latin1');
  return tail.endsWith(words);
}

function keeper(pieces: Buffer[]): (piece: Buffer) => void {
  let size = 0;
  return (piece) => {
    size += piece.length;
    if (size <= MOST_OUTPUT) pieces.push(piece);
  };
}

function cannotRun(file: string, error: unknown): [string, boolean] {
  return [`${file} cannot be run: ${errorReason(error)}`, (error as NodeJS.ErrnoException).code === 'E2BIG'];
}

function notStarted(failure: string, tooBig = false): Running {
  const stdout = Buffer.alloc(0);
  return {
    stdin: null,
    pid: null,
    ended: Promise.resolve({ stdout, failure, tooBig }),
    output: () => Promise.resolve(stdout),
  };
}
