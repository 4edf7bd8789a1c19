import type { Stamp } from '../clock.ts';

/** The current or else the last run of a unit, on systemd's clocks. */
export interface UnitRun {
  /** InactiveExitTimestamp: when the run started. */
  began: Stamp;
  /** Its later changes of state, which show the clocks at those times. */
  stamps: Stamp[];
  /** Whether stopping the unit kills all of its processes (systemd.kill(5), KillMode=), so that none survives from an earlier run. */
  leavesNobody: boolean;
}
