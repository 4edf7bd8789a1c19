import { readFileSync } from 'node:fs';
import type { ClockReading } from '../../core/clock.ts';
import { parseStat } from './proc-files.ts';

const MOST_TRIES = 20;
const CLOSE_ENOUGH_MS = 3;

/**
 * The machine's clocks, read as close together as possible, since their difference shows how long the machine slept: repeated
 * if this process was interrupted in between. /proc/uptime is CLOCK_BOOTTIME in 1/100 s (proc_uptime(5)).
 */
export function readClock(): ClockReading {
  let closest = readOnce();
  for (let tries = 1; tries < MOST_TRIES && closest.tookMs > CLOSE_ENOUGH_MS; tries++) {
    const next = readOnce();
    if (next.tookMs < closest.tookMs) closest = next;
  }
  const { realMs, monotonicMs, bootMs } = closest;
  return { realMs, monotonicMs, bootMs };
}

function readOnce(): ClockReading & { tookMs: number } {
  const monotonicMs = readMonotonicMs();
  const realMs = Date.now();
  // Read last: earlier, an interruption would make survivors of an earlier run look younger than they are.
  const bootMs = Math.max(readUptimeMs(), ownStartMs + process.uptime() * 1000);
  return { monotonicMs, realMs, bootMs, tookMs: readMonotonicMs() - monotonicMs };
}

function readUptimeMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1000;
}

/** In some containers (lxcfs) /proc/uptime starts with the container, but process start times do not; our own start corrects that. */
const ownStartMs = parseStat(readFileSync('/proc/self/stat', 'utf8')).startedMs;

function readMonotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
