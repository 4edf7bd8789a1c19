import type { StartCommand } from '../httpd/launch.ts';
import type { Fact } from '../fact.ts';
import type { LineMatch } from '../logs/match-line.ts';
import type { UnitJob } from '../units/unit-job.ts';
import type { OomKiller } from '../units/oom-killer.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import type { Lost } from '../register/losses.ts';
import type { MissingSets } from '../register/missing-sets.ts';
import type { PidFile } from '../verdict/pid-file.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { BlockingServer } from './blocking-servers.ts';
import type { DiskTrial } from './causes/disk-trial.ts';
import type { SetsNeed } from './causes/sets-need.ts';
import type { RunEnding } from './run-ending.ts';

/** Facts of the kernel, systemd and httpd about a unit that may have failed. Nothing from a log. */
export interface FailureFacts {
  unit: Fact<UnitFacts>;
  /** Null if it is not known how httpd itself is started, or if it is up. */
  startCommand: StartCommand | null;
  /** How its last run ended; null without a record by ExecStopPost=. */
  ending: RunEnding | null;
  /** A unit that it needs, and that keeps it from starting or made systemd stop it; null if there is none. */
  brokenNeed: BrokenNeed | null;
  /** How systemd ended the last job of the unit; null if there was none. */
  lastJob: Fact<UnitJob | null>;
  /** The error of httpd -t; null if the configuration is OK. */
  configComplaint: Fact<string | null>;
  /** How many System V mutexes are registered in the configuration; null if httpd does not report them. */
  sysvMutexes: number | null;
  /** How many sets a start creates; null if it is unknown. */
  need: SetsNeed | null;
  use: Fact<TableUse>;
  /** Sets of httpd that were created since the last run began; null if several servers may have created them. */
  runSets: number | null;
  /** The sets that it lost while it is running; null if it has lost none, or is down. */
  lost: Lost | null;
  /** Null for a server that is down, or has all of its sets. */
  missingSets: MissingSets | null;
  /** Sets of the last run that it did not remove, by the register; 0 if that is not proven. */
  leftSets: number;
  /** The number of orphaned sets. */
  orphans: number;
  /** The number of sets that may be orphaned, which cannot be proven. */
  unsure: number;
  /** Why the owner of httpd's sets is unknown, so that none can be proven to be orphaned; null if it is known. */
  ownerUnknown: string | null;
  /** Servers of other units that keep sets from being proven orphaned. */
  blockingServers: readonly BlockingServer[];
  /** The owners of the table, largest first. */
  holders: readonly Holder[];
  /** The folders that httpd writes to when it starts. */
  disks: readonly Disk[];
  /** Orphaned workers that listen on a port, wherever they run. */
  listeningOrphans: readonly ListeningOrphan[];
  /** Pids of orphaned workers of the unit that listen on no port, as of mod_cgid: they serve nothing, and keep sets unsure. */
  silentOrphans: readonly number[];
  /** Other programs that listen on the ports of httpd's configuration. */
  portOwners: readonly PortOwner[];
  /** Whether a process of httpd runs in the unit, or its pid file names one. */
  httpdRuns: Fact<boolean>;
  /** Whether only workers of a killed master are left in the unit, which systemd has up. */
  isMasterless: boolean;
  /** A running httpd that was started outside the unit; null if there is none. */
  outsider: Outsider | null;
  /** The unit's pid file; null if httpd does not report its path. */
  pidFile: Fact<PidFile> | null;
  /** PIDFile= of a unit that systemd waits for (Type=forking), if httpd writes another file; else null. */
  awaitedPidFile: string | null;
  /** The process in the pid file, if it is not httpd, or is the httpd of another unit that has a pid file of its own. */
  stranger: Stranger | null;
  /** What killed it since memory ran out; null if nothing shows that, unknown if the journal cannot be read. */
  oomKiller: Fact<OomKiller | null>;
}

export interface Holder {
  uid: number;
  /** Null if the uid has no name here. */
  user: string | null;
  /** The product that most likely made them; null if there is no hint. */
  product: string | null;
  sets: number;
}

/** A folder that httpd writes to when it starts. */
export interface Disk {
  path: string;
  /** What httpd writes there. */
  what: string;
  /** Its file system, such as "ext4 on /dev/sda1"; null if it is not known. */
  fileSystem: string | null;
  /** Unknown if the file system did not answer in time. */
  trial: Fact<DiskTrial>;
}

export interface ListeningOrphan {
  pid: number;
  /** Milliseconds since boot, as in /proc/PID/stat: with the pid it identifies a process. */
  startedMs: number;
  ports: readonly number[];
  /** Whether it runs in the unit's own control group: only then may a recovery terminate it. */
  inUnit: boolean;
}

/** The process that listens on a TCP port. All but the port are null for a process that is hidden from this one. */
export interface PortOwner {
  port: number;
  pid: number | null;
  /** Milliseconds since boot. */
  startedMs: number | null;
  program: string | null;
  /** The unit or scope whose control group it is in. */
  unit: string | null;
}

/** A process that httpd's pid file names, but that is not this httpd. */
export interface Stranger {
  pid: number;
  program: string | null;
  unit: string | null;
}

/**
 * A running httpd that was started outside the unit, but is named in its pid file. A start of the unit would stop it: the new
 * httpd prints "already running" and exits with 0, and then ExecStop= stops the process in the pid file. With another pid file
 * it holds a port of the unit.
 */
export interface Outsider {
  pid: number;
  /** Its program; null if it could not be read. */
  path: string | null;
  /** The unit or scope of its control group; null if it has none. */
  unit: string | null;
  /** The pid file that names it; null if httpd does not report its path, or if it holds a port of the unit instead. */
  pidFile: string | null;
}

/** A line that the run logged, for display only, since it can be forged. */
export interface LogLine {
  text: string;
  /** When it was written, wall clock; null where that is not known. */
  atMs: number | null;
  /** Whether the unit's own start command printed it: what apachectl and httpd say before there is a log has no level. */
  isFromStart: boolean;
  /** The matching rule of the catalogue; null if there is none. */
  match: LineMatch | null;
  /** The file or the journalctl command. */
  source: string;
}

/** failed: systemd stopped the unit, since this one failed while it was running (BindsTo=). */
export interface BrokenNeed {
  unit: string;
  state: 'masked' | 'not-found' | 'failed';
}
