import type { UnitRun } from './unit-run.ts';

/** What systemd says of a unit (org.freedesktop.systemd1(5)). */
export interface UnitFacts {
  name: string;
  load: string;
  active: string;
  sub: string;
  result: string;
  mainPid: number;
  /** UnitFileState: enabled, disabled, static, masked …; "" when systemd does not know. */
  fileState: string;
  /** Of the present run, or else of the last; "" before the first. */
  invocationId: string;
  /** The type of the job that waits or runs for it: start, stop, restart …; null when there is none. */
  job: string | null;
  privateIpc: boolean;
  /** Whether systemd has that setting at all (248 and later). */
  knowsPrivateIpc: boolean;
  /** The user its processes are started as: "" is root. */
  user: string;
  run: UnitRun;
  execStart: ExecLine | null;
  /** KEY=value, from Environment= alone. */
  environment: string[];
  environmentFiles: string[];
  /** "" is the root folder. */
  workingDirectory: string;
  /** RootDirectory= or RootImage=, "" for the host's own root. */
  ownRoot: string;
  fragmentPath: string;
  dropInPaths: string[];
  /** TimeoutStartSec=, which ExecStartPre has to share with httpd; Infinity for none. */
  startTimeoutMs: number;
  /** TimeoutStopSec=, likewise for ExecStopPost. */
  stopTimeoutMs: number;
  /** MemoryMax=, which they share too; Infinity for none. */
  memoryMaxBytes: number;
}

/** Whether its processes are started as root, and not as its User=. */
export function isStartedByRoot({ user }: Pick<UnitFacts, 'user'>): boolean {
  return user === '' || user === 'root';
}

/** A unit that is not to start with the machine is somebody else's to start: an admin's, or a cluster manager's. */
export function isForOthersToStart(fileState: string): boolean {
  return /^(masked|disabled)/.test(fileState);
}

/** Whether systemd is about to change the unit's state, or somebody has asked it to. */
export function isChanging({ job, active }: Pick<UnitFacts, 'job' | 'active'>): boolean {
  return job !== null || /^(activating|deactivating|reloading)$/.test(active);
}

export interface ExecLine {
  path: string;
  /** As written in the unit: argv[0] first, variables not yet replaced. */
  argv: string[];
}
