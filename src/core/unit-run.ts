import type { ClockReading, Stamp } from './clock.ts';
import type { ProcessFacts } from './process-facts.ts';

/** The present, or else the last, run of a unit, on systemd's own clocks. */
export interface UnitRun {
  /** InactiveExitTimestamp: when the run began. */
  began: Stamp;
  /** Its later changes of state: witnesses of what the clocks said then. */
  stamps: Stamp[];
  /** Whether stopping the unit kills all of its processes (systemd.kill(5)), so that none can be of an earlier run. */
  leavesNobody: boolean;
}

/**
 * systemd forks a unit's first process a moment before it stamps the change of state (systemd: service_enter_start), and on a
 * busy machine that moment is long. What such a process makes is still younger than the age margin (clock.ts) allows for.
 */
const START_MARGIN_MS = 1_000;

/** Whether a process was there before the run of its unit began: a survivor of an earlier one. */
export function isOlderThanRun({ startedMs }: ProcessFacts, run: UnitRun, clock: ClockReading): boolean {
  const asleepMs = clock.bootMs - clock.monotonicMs;
  return startedMs + START_MARGIN_MS < run.began.monotonicMs + asleepMs;
}
