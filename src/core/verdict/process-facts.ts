import type { ClockReading } from '../clock.ts';
import type { Fact } from '../fact.ts';
import type { UnitRun } from '../units/unit-run.ts';

/** A running process that may be httpd. Times are milliseconds since boot (CLOCK_BOOTTIME), as in /proc/PID/stat. */
export interface ProcessFacts {
  pid: number;
  ppid: number;
  pgrp: number;
  session: number;
  startedMs: number;
  /** Real, effective, saved and file-system uid. */
  uids: number[];
  /**
   * Real and effective uid when the process, or the one that it was forked from, executed its program. Unknown if it could have
   * had other uids since.
   */
  startedAs: Fact<number[]>;
  /** The link /proc/PID/ns/ipc, "ipc:[4026531839]". */
  ipcNamespace: Fact<string>;
  exe: Fact<Executable>;
  /** Whether its program is Apache httpd, by its name or by Apache's text in it. */
  isHttpd: Fact<boolean>;
  /** The unit of its control group, by the name of the system manager. */
  unit: Fact<string>;
}

export interface Executable {
  path: string;
  /** Whether the file was replaced or removed since the start of the process, as by a package upgrade. */
  deleted: boolean;
}

/**
 * systemd forks a unit's first process shortly before it records the change of state (systemd: service_enter_start), on a busy
 * machine up to this long. A set of such a process is still within the age margin (clock.ts).
 */
const START_MARGIN_MS = 1_000;

/** Whether a process is older than the run of its unit: a survivor of an earlier run. */
export function isOlderThanRun({ startedMs }: ProcessFacts, run: UnitRun, clock: ClockReading): boolean {
  const asleepMs = clock.bootMs - clock.monotonicMs;
  return startedMs + START_MARGIN_MS < run.began.monotonicMs + asleepMs;
}
