import { readFileSync } from 'node:fs';
import type { ClockReading } from '../../core/clock.ts';
import { readStat } from './proc-files.ts';

const MOST_TRIES = 20;
const CLOSE_ENOUGH_MS = 3;

/**
 * All of the machine's clocks, read as close together as can be: again and again, should this process be held up in
 * between, for the difference of two of them tells how long the machine slept. /proc/uptime counts CLOCK_BOOTTIME in 1/100 s.
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
  // Last: were it read earlier, a hold-up would make survivors of an earlier run look younger than they are.
  const bootMs = Math.max(readUptimeMs(), ownStartMs + process.uptime() * 1000);
  return { monotonicMs, realMs, bootMs, tookMs: readMonotonicMs() - monotonicMs };
}

function readUptimeMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1000;
}

/** In some containers /proc/uptime counts from the container's start (lxcfs), while processes' start times do not. */
const ownStartMs = readStat(process.pid).startedMs;

function readMonotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
