import type { ActiveState } from './active-state.ts';
import type { UnitRun } from './unit-run.ts';

/** The properties of a unit (org.freedesktop.systemd1(5)). */
export interface UnitFacts {
  name: string;
  load: string;
  /** Why it could not be loaded, in systemd's words (LoadError); "" if it could. */
  loadError: string;
  active: ActiveState;
  sub: string;
  result: string;
  mainPid: number;
  /** The main process of the last run, also after its end (ExecMainPID); 0 if systemd knows none. */
  lastMainPid: number;
  /** When that ended (ExecMainExitTimestampMonotonic); 0 if it has not, or systemd does not know. Milliseconds. */
  mainExitMs: number;
  /** Whether it exited with status 0 (ExecMainCode, ExecMainStatus); not changed by reset-failed. */
  mainExitedWell: boolean;
  /** When the unit last left "active" (ActiveExitTimestampMonotonic); 0 if it never did. Milliseconds. */
  activeExitMs: number;
  /** The units without which it is not started (Requires=, Requisite=, BindsTo=). */
  needs: string[];
  /** Restart=, as in the unit. */
  restart: string;
  /** Whether its conditions (ConditionPathExists= and the like) were met, when systemd last checked them; wall clock, milliseconds. */
  condition: { met: boolean; atMs: number };
  /** UnitFileState: enabled, disabled, static, masked ...; "" if systemd does not know. */
  fileState: string;
  /** InvocationID of the current or else the last run; "" before the first. */
  invocationId: string;
  /** The type of its queued or running job: start, stop, restart ...; null if there is none. */
  job: string | null;
  privateIpc: boolean;
  /** Whether systemd has PrivateIPC= (248 and later). */
  knowsPrivateIpc: boolean;
  /** User=; "" means root. */
  user: string;
  run: UnitRun;
  execStart: ExecLine | null;
  /** The exit status of ExecStart= in this run; null if it has not exited, or not by itself. */
  startStatus: number | null;
  /** The first command around ExecStart= that failed in this run, and so ended it; null if none did. */
  failedCommand: FailedCommand | null;
  /** KEY=value of Environment=, without environment files. */
  environment: string[];
  environmentFiles: string[];
  /** Type=: notify, forking, simple ... */
  type: string;
  /** PIDFile=; null if it is not set. */
  pidFile: string | null;
  /** "" means the root folder. */
  workingDirectory: string;
  /** RootDirectory= or RootImage=; "" for the host's root. */
  ownRoot: string;
  fragmentPath: string;
  dropInPaths: string[];
  /** TimeoutStartSec=, which ExecStartPre= and httpd share; Infinity for none. */
  startTimeoutMs: number;
  /** TimeoutStopSec=, which httpd and ExecStopPost= share; Infinity for none. */
  stopTimeoutMs: number;
  /** RuntimeMaxSec=, after which systemd ends a run; Infinity for none. */
  runtimeMaxMs: number;
  /** MemoryMax=, which they share as well; Infinity for none. */
  memoryMaxBytes: number;
}

/** Whether systemd starts its processes as root. */
export function isStartedByRoot({ user }: Pick<UnitFacts, 'user'>): boolean {
  return user === '' || user === 'root';
}

/** Whether somebody else starts the unit, since it does not start at boot: an admin or a cluster manager. */
export function isForOthersToStart(fileState: string): boolean {
  return /^(masked|disabled)/.test(fileState);
}

export interface ExecLine {
  path: string;
  /** As written in the unit: argv[0] first, variables not expanded. */
  argv: string[];
}

/** A command that systemd runs before or after ExecStart=, and without whose success httpd is not started, or is stopped again. */
export interface FailedCommand {
  setting: 'ExecCondition' | 'ExecStartPre' | 'ExecStartPost';
  /** The path of the program and its arguments, as written in the unit. */
  command: string[];
  /** How it ended, in a few words, for people. */
  end: string;
}
