import { setTimeout as pause } from 'node:timers/promises';
import { type Done, done, notDone } from '../../core/done.ts';
import type { ProcessFacts } from '../../core/verdict/process-facts.ts';
import { readStat } from './proc-files.ts';
import { steadyMs } from '../exec/steady-ms.ts';

/** A process, identified by its pid and its start: milliseconds since boot, as in /proc/PID/stat. */
type Target = Pick<ProcessFacts, 'pid' | 'startedMs'>;

const TERM_MS = 3_000;
const KILL_MS = 2_000;
const LOOK_MS = 50;

/**
 * Terminates processes: SIGTERM, then SIGKILL to those still running. Each is identified by pid and start time, checked right
 * before each signal, so that a reused pid is not hit. Done if none of them runs any more.
 */
export async function terminate(workers: readonly Target[]): Promise<Done<'not-ended'>> {
  let left = [...workers];
  for (const [signal, mostMs] of [
    ['SIGTERM', TERM_MS],
    ['SIGKILL', KILL_MS],
  ] as const) {
    for (const worker of left) if (isSame(worker)) send(worker.pid, signal);
    const end = steadyMs() + mostMs;
    while ((left = left.filter(isSame)).length > 0 && steadyMs() < end) await pause(LOOK_MS);
    if (left.length === 0) break;
  }
  if (left.length === 0) return done;
  const pids = left.map(({ pid }) => pid).join(', ');
  return notDone('not-ended', `workers ${pids} cannot be terminated`);
}

function isSame({ pid, startedMs }: Target): boolean {
  try {
    return readStat(pid).startedMs === startedMs;
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has exited; if not, it is reported as still running.
  }
}
