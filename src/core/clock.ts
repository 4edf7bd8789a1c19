import { type Fact, known, unknown } from './fact.ts';

/** The machine's clocks, read together, in milliseconds (clock_gettime(2)). */
export interface ClockReading {
  /** Wall clock since 1970. */
  realMs: number;
  /** CLOCK_MONOTONIC: excludes time asleep. */
  monotonicMs: number;
  /** CLOCK_BOOTTIME: the clock of /proc/uptime and of process start times. */
  bootMs: number;
}

/** One moment on two clocks, in milliseconds, as systemd records it for each change of a unit's state. */
export interface Stamp {
  realMs: number;
  monotonicMs: number;
}

/** Process start times are in ticks of 10 ms (proc_pid_stat(5)). */
export const TICK_MS = 10;

/** Rounding and scheduling can make two readings differ by this much; a real clock step is larger. */
const STEP_TOLERANCE_MS = 1_500;

/** ctime is in whole seconds of a clock that may lag by a tick (kernel: ktime_get_real_seconds); one more second is a safety margin. */
const AGE_MARGIN_S = 2;

/**
 * The largest step of the wall clock between any of the timestamps and now, in milliseconds; 0 if there was none. Time asleep
 * looks like a step, and makes ctimes as doubtful.
 */
export function clockStepMs(stamps: readonly Stamp[], now: ClockReading): number {
  const here = now.realMs - now.monotonicMs;
  const steps = stamps.map((stamp) => here - (stamp.realMs - stamp.monotonicMs));
  const largest = steps.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return Math.abs(largest) > STEP_TOLERANCE_MS ? largest : 0;
}

/**
 * The earliest ctime (seconds since 1970) of a set made by anything that started at `began`: a set with a smaller ctime is
 * older. Unknown if the wall clock was stepped since, which makes ctimes unreliable.
 */
export function earliestCtime(began: Stamp, stamps: readonly Stamp[], now: ClockReading): Fact<number> {
  const stepMs = clockStepMs([began, ...stamps], now);
  if (stepMs !== 0)
    return unknown(`the wall clock was stepped by ${Math.round(stepMs / 1000)} s since its start`);
  const onTodaysClock = now.realMs - (now.monotonicMs - began.monotonicMs);
  return known(Math.floor(Math.min(began.realMs, onTodaysClock) / 1000) - AGE_MARGIN_S);
}

/** Converts a process's start (milliseconds since boot) to the current wall clock (milliseconds since 1970). Good for display and pid reuse, not as a proof. */
export function wallStartMs(startedMs: number, now: ClockReading): number {
  return now.realMs - (now.bootMs - startedMs);
}
