import { spawn } from 'node:child_process';
import { type Fact, known, unknown } from '../core/fact.ts';
import type { Inspection } from '../core/snapshot.ts';
import { because } from './because.ts';

// The door to util-linux: ipcs asks, ipcrm removes. Node's own spawn and not execa: this is on httpd's start path, where
// execa's start-up would be a third of the time.

interface Ended {
  stdout: string;
  stderr: string;
  /** What went wrong, or null when it ended with 0. */
  failure: string | null;
  /** The argument list did not fit (execve(2), E2BIG). */
  tooBig: boolean;
}

/** Runs one tool without a shell, in the C locale. Never rejects; killed with SIGKILL when the time is over. */
function run(file: string, args: readonly string[], timeoutMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    const end = (failure: string | null, tooBig = false): void => {
      resolve({ stdout, stderr, failure, tooBig });
    };
    try {
      const child = spawn(file, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: SYSTEM_PATH, LC_ALL: 'C' },
        timeout: Math.max(1, Math.ceil(timeoutMs)),
        killSignal: 'SIGKILL',
      });
      child.stdout
        .setEncoding('utf8')
        .on('data', (text: string) => (stdout = (stdout + text).slice(0, MOST_OUTPUT)));
      child.stderr
        .setEncoding('utf8')
        .on('data', (text: string) => (stderr = (stderr + text).slice(0, MOST_OUTPUT)));
      child.on('error', (error: NodeJS.ErrnoException) => {
        end(`${file} cannot be run: ${because(error)}`, error.code === 'E2BIG');
      });
      child.on('close', (code, signal) => {
        if (code === 0) end(null);
        else if (signal !== null)
          end(
            `${file} was ended by ${signal}${child.killed ? `, having taken ${Math.ceil(timeoutMs)} ms` : ''}`,
          );
        else end(`${file} ended with ${code}${stderr === '' ? '' : `: ${stderr.split('\n', 1)[0]}`}`);
      });
    } catch (error) {
      end(`${file} cannot be run: ${because(error)}`, (error as NodeJS.ErrnoException).code === 'E2BIG');
    }
  });
}

const MOST_OUTPUT = 64 * 1024;
/** The tools are root's own; a caller's PATH has no say. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Asks the kernel about single sets (semctl(2) GETPID, GETNCNT, GETZCNT), four at a time, as long as there is time. */
export async function inspectSets(
  ids: readonly number[],
  deadlineMs: number,
): Promise<Map<number, Fact<Inspection>>> {
  const found = new Map<number, Fact<Inspection>>();
  const queue = [...ids];
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) found.set(id, unknown('there was no time left to ask'));
      else found.set(id, await inspectSet(id, leftMs));
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return found;
}

async function inspectSet(id: number, timeoutMs: number): Promise<Fact<Inspection>> {
  const { stdout, failure } = await run('ipcs', ['-s', '-i', String(id)], timeoutMs);
  return failure === null ? parseInspection(stdout) : unknown(failure);
}

/** The last line that holds the one semaphore's row: semnum, value, ncount, zcount, pid (util-linux: sys-utils/ipcs.c, print_sem). */
export function parseInspection(text: string): Fact<Inspection> {
  const row = /^semnum +value +ncount +zcount +pid *\n0 +\d+ +(\d+) +(\d+) +(\d+) *$/m.exec(text);
  if (row === null) return unknown('ipcs does not show the semaphore');
  return known({ waiters: Number(row[1]) + Number(row[2]), lastPid: Number(row[3]) });
}

/** The most ids one ipcrm is given; halved as often as the kernel finds the list too big. */
const MOST_IDS = 16_000;

/**
 * Asks ipcrm to remove the sets, as `starterUid` with no capability at all: then the kernel itself refuses every set that
 * this user did not make (semctl(2), IPC_RMID), whatever we believe. Returns ipcrm's complaints. What is really gone, only
 * the table tells.
 */
export async function removeSets(
  ids: readonly number[],
  starterUid: number,
  deadlineMs: number,
): Promise<string[]> {
  const complaints: string[] = [];
  let size = MOST_IDS;
  for (let from = 0; from < ids.length;) {
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) return [...complaints, 'the time was over'];
    const chunk = ids.slice(from, from + size);
    const { failure, tooBig } = await run(
      'setpriv',
      [...dropTo(starterUid), 'ipcrm', ...chunk.map((id) => `-s${id}`)],
      leftMs,
    );
    if (tooBig && size > 1) {
      size = Math.ceil(size / 2);
      continue;
    }
    if (failure !== null) complaints.push(failure);
    from += chunk.length;
  }
  return complaints;
}

function dropTo(uid: number): string[] {
  return [`--reuid=${uid}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
}
