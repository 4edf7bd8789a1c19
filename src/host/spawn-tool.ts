import { spawn } from 'node:child_process';
import { because } from './because.ts';

export interface Ended {
  stdout: string;
  /** What went wrong, or null when it ended with 0. */
  failure: string | null;
  /** The argument list did not fit (execve(2), E2BIG). */
  tooBig: boolean;
}

const MOST_OUTPUT = 4 * 1024 * 1024;

/** The tools are the system's own; a caller's PATH, locale and PERL5OPT have no say. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/**
 * Runs one tool of the system on httpd's start path, where execa's start-up would be a third of the time. No shell. Never
 * rejects; killed with SIGKILL when `deadlineMs`, on performance.now()'s clock, has come.
 */
export function spawnTool(
  file: string,
  args: readonly string[],
  deadlineMs: number,
  input = '',
): Promise<Ended> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    const end = (failure: string | null, tooBig = false): void => {
      resolve({ stdout, failure, tooBig });
    };
    const cannotRun = (error: unknown): void => {
      end(`${file} cannot be run: ${because(error)}`, (error as NodeJS.ErrnoException).code === 'E2BIG');
    };
    const timeoutMs = Math.ceil(deadlineMs - performance.now());
    if (timeoutMs <= 0) {
      end(`no time was left to run ${file}`);
      return;
    }
    try {
      const child = spawn(file, args, { env: ENVIRONMENT, timeout: timeoutMs, killSignal: 'SIGKILL' });
      child.on('error', cannotRun);
      child.stdout
        .setEncoding('utf8')
        .on('data', (text: string) => (stdout = (stdout + text).slice(0, MOST_OUTPUT)));
      child.stderr
        .setEncoding('utf8')
        .on('data', (text: string) => (stderr = (stderr + text).slice(0, MOST_OUTPUT)));
      child.on('close', (code, signal) => {
        if (code === 0) end(null);
        else if (signal !== null)
          end(`${file} was ended by ${signal}${child.killed ? ` after ${timeoutMs} ms` : ''}`);
        else end(`${file} ended with ${code}${stderr === '' ? '' : `: ${stderr.split('\n', 1)[0]}`}`);
      });
      // A tool that ends before it has read everything is told of by its exit code.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    } catch (error) {
      cannotRun(error);
    }
  });
}
