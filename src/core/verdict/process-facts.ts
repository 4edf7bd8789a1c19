import type { ClockReading } from '../clock.ts';
import type { Fact } from '../fact.ts';
import type { UnitRun } from '../units/unit-run.ts';

/** A living process that may be httpd. Times are milliseconds since boot (CLOCK_BOOTTIME), as in /proc/PID/stat. */
export interface ProcessFacts {
  pid: number;
  ppid: number;
  pgrp: number;
  session: number;
  startedMs: number;
  /** Real, effective, saved and file-system uid. */
  uids: number[];
  /** As /proc/PID/ns/ipc names it, "ipc:[4026531839]". */
  ipcNamespace: Fact<string>;
  exe: Fact<Executable>;
  /** True when the file that runs is Apache httpd: by its name, or because it holds Apache's own text. */
  isHttpd: Fact<boolean>;
  /** The unit whose control group it is in, as systemd's own manager would name it. */
  unit: Fact<string>;
}

export interface Executable {
  path: string;
  /** The file was replaced or removed since the process began, as after a package upgrade. */
  deleted: boolean;
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
