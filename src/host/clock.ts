import { readFileSync } from 'node:fs';
import type { ClockReading } from '../core/clock.ts';

/** All of the machine's clocks, as close together as can be. /proc/uptime counts CLOCK_BOOTTIME in 1/100 s. */
export function readClock(): ClockReading {
  // In this order: a stall in between makes processes look younger in sleep-less time, which only adds doubt.
  const realMs = Date.now();
  const monotonicMs = Number(process.hrtime.bigint() / 1_000_000n);
  const bootMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1000;
  return { realMs, monotonicMs, bootMs };
}
