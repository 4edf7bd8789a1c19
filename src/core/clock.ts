import { type Fact, known, unknown } from './fact.ts';

/** The machine's clocks, read together. All in milliseconds. */
export interface ClockReading {
  /** Wall clock since 1970. */
  realMs: number;
  /** CLOCK_MONOTONIC: does not count time asleep. */
  monotonicMs: number;
  /** CLOCK_BOOTTIME: what /proc/uptime and process start times count in. */
  bootMs: number;
}

/** One moment on two clocks, as systemd records it for each change of a unit's state. */
export interface Stamp {
  realMs: number;
  monotonicMs: number;
}

/** Two readings may lie this far apart by rounding and scheduling; a real step of the clock is larger. */
const STEP_TOLERANCE_MS = 1_500;

/** ctime counts whole seconds from a clock that may lag by a tick; one second more is for peace of mind. */
const AGE_MARGIN_S = 2;

/**
 * The largest step of the wall clock between any of the stamps and now, in milliseconds,
 * or 0 when there was none that could be seen. Time asleep looks like a step, and is as good a reason for doubt.
 */
export function clockStepMs(stamps: readonly Stamp[], now: ClockReading): number {
  const here = now.realMs - now.monotonicMs;
  const steps = stamps.map((stamp) => here - (stamp.realMs - stamp.monotonicMs));
  const largest = steps.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return Math.abs(largest) > STEP_TOLERANCE_MS ? largest : 0;
}

/**
 * The wall-clock second before which nothing that began with `began` can have made a set:
 * a set whose ctime is smaller is older. Unknown when the clock was stepped since, for then ctimes lie.
 */
export function earliestCtime(began: Stamp, stamps: readonly Stamp[], now: ClockReading): Fact<number> {
  const stepMs = clockStepMs([began, ...stamps], now);
  if (stepMs !== 0)
    return unknown(`the wall clock was stepped by ${Math.round(stepMs / 1000)} s since it began`);
  const onTodaysClock = now.realMs - (now.monotonicMs - began.monotonicMs);
  return known(Math.floor(Math.min(began.realMs, onTodaysClock) / 1000) - AGE_MARGIN_S);
}

/** A process's start on the wall clock of today, milliseconds since 1970. For people and for pid reuse, not for proofs. */
export function wallStartMs(startedMs: number, now: ClockReading): number {
  return now.realMs - (now.bootMs - startedMs);
}
