import type { ClockReading, Stamp } from './clock.ts';
import type { ProcessFacts } from './process-facts.ts';

/** The present, or else the last, run of a unit, on systemd's own clocks. */
export interface UnitRun {
  /** InactiveExitTimestamp: when the run began, before any of its processes did. */
  began: Stamp;
  /** Its later changes of state: witnesses of what the clocks said then. */
  stamps: Stamp[];
  /** Whether stopping the unit kills all of its processes (systemd.kill(5)), so that none can be of an earlier run. */
  leavesNobody: boolean;
}

/** A start time comes in ticks of 10 ms: a process may seem that much older than the unit it was started by. */
const TICK_MARGIN_MS = 20;

/** Whether a process was there before the run of its unit began: a survivor of an earlier one. */
export function isOlderThanRun({ startedMs }: ProcessFacts, run: UnitRun, clock: ClockReading): boolean {
  const asleepMs = clock.bootMs - clock.monotonicMs;
  return startedMs + TICK_MARGIN_MS < run.began.monotonicMs + asleepMs;
}
