import { setTimeout as pause } from 'node:timers/promises';
import type { ListeningOrphan } from '../../core/diagnosis/failure-facts.ts';
import { readStat } from './proc-files.ts';

const TERM_MS = 3_000;
const KILL_MS = 2_000;
const LOOK_MS = 50;

/**
 * Ends processes: SIGTERM, then SIGKILL to who is still there. Each is known by pid and start time, looked at again right
 * before a signal, so that a pid that was used again is not hit. Returns the pids that live on.
 */
export async function terminate(workers: readonly ListeningOrphan[]): Promise<number[]> {
  let left = [...workers];
  for (const [signal, mostMs] of [
    ['SIGTERM', TERM_MS],
    ['SIGKILL', KILL_MS],
  ] as const) {
    for (const worker of left) if (isSame(worker)) send(worker.pid, signal);
    const end = performance.now() + mostMs;
    while ((left = left.filter(isSame)).length > 0 && performance.now() < end) await pause(LOOK_MS);
    if (left.length === 0) break;
  }
  return left.map(({ pid }) => pid);
}

function isSame({ pid, startedMs }: ListeningOrphan): boolean {
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
    // Gone by itself; or it lives on, and is told of.
  }
}
