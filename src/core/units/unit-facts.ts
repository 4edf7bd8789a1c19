import type { ActiveState } from './active-state.ts';
import type { UnitRun } from './unit-run.ts';

/** The properties of a unit (org.freedesktop.systemd1(5)). */
export interface UnitFacts {
  name: string;
  load: string;
  active: ActiveState;
  sub: string;
  result: string;
  mainPid: number;
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
  /** KEY=value of Environment=, without environment files. */
  environment: string[];
  environmentFiles: string[];
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

/** Whether systemd is changing the unit's state, or a job to do so is queued. */
export function isChanging({ job, active }: Pick<UnitFacts, 'job' | 'active'>): boolean {
  const isOnItsWay =
    active === 'activating' || active === 'deactivating' || active === 'reloading' || active === 'refreshing';
  return job !== null || isOnItsWay;
}

export interface ExecLine {
  path: string;
  /** As written in the unit: argv[0] first, variables not expanded. */
  argv: string[];
}
