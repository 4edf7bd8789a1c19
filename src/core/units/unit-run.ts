import type { Stamp } from '../clock.ts';

/** The current or else the last run of a unit, on systemd's clocks. */
export interface UnitRun {
  /** InactiveExitTimestamp: when the run started. */
  began: Stamp;
  /** Its later changes of state, which show the clocks at those times. */
  stamps: Stamp[];
  /** Whether stopping the unit kills all of its processes (systemd.kill(5), KillMode=), so that none survives from an earlier run. */
  leavesNobody: boolean;
  /** Whether systemd has the unit as active, and neither starts, reloads nor stops it. */
  isActive: boolean;
  /** InvocationID; "" before the first run and with systemd before 232. */
  invocationId: string;
  /** The pid of the process of ExecStart=, a launcher if the unit forks, running or not; 0 if there is none. */
  startPid: number;
  /** The main process, running or not; null if there is none. */
  main: MainProcess | null;
}

/** The main process of a run, as systemd recorded it (ExecMainPID and its timestamps). */
export interface MainProcess {
  pid: number;
  began: Stamp;
  /** Null while it is running. */
  exited: Stamp | null;
}
