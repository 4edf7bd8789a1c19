import type { Stamp } from '../clock.ts';

/** The present, or else the last, run of a unit, on systemd's own clocks. */
export interface UnitRun {
  /** InactiveExitTimestamp: when the run began. */
  began: Stamp;
  /** Its later changes of state: witnesses of what the clocks said then. */
  stamps: Stamp[];
  /** Whether stopping the unit kills all of its processes (systemd.kill(5)), so that none can be of an earlier run. */
  leavesNobody: boolean;
}
