import type { Fact } from '../fact.ts';
import type { BlockingServer } from './blocking-servers.ts';
import type { LineMatch } from '../logs/match-line.ts';
import type { RunEnding } from './run-ending.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/** Facts of the kernel, systemd and httpd about a unit that may have failed. Nothing from a log. */
export interface FailureFacts {
  unit: Fact<UnitFacts>;
  /** How its last run ended; null without a record by ExecStopPost=. */
  ending: RunEnding | null;
  /** The error of httpd -t; null if the configuration is OK. */
  configComplaint: Fact<string | null>;
  /** How many System V mutexes the configuration registers, the most that a start needs; null if httpd does not report it. */
  sysvMutexes: number | null;
  use: Fact<TableUse>;
  /** The number of orphaned sets. */
  orphans: number;
  /** The number of sets that may be orphaned, which cannot be proven. */
  unsure: number;
  /** Servers of other units that keep sets from being proven orphaned. */
  blockingServers: readonly BlockingServer[];
  /** The owners of the table, largest first. */
  holders: readonly Holder[];
  diskSpaces: readonly DiskSpace[];
  /** Orphaned workers in the unit's own control group that listen on a port. */
  listeningOrphans: readonly ListeningOrphan[];
  /** A running httpd that was started outside the unit; null if there is none. */
  outsider: Outsider | null;
}

/**
 * A running httpd that was started outside the unit, but is named in its pid file. A start of the unit would stop it: the new
 * httpd prints "already running" and exits with 0, and then ExecStop= stops the process in the pid file.
 */
export interface Outsider {
  pid: number;
  /** Its program; null if it could not be read. */
  path: string | null;
  /** The unit or scope of its control group; null if it has none. */
  unit: string | null;
  /** The pid file that names it; null if httpd does not report its path. */
  pidFile: string | null;
}

export interface Holder {
  uid: number;
  /** Null if the uid has no name here. */
  user: string | null;
  /** The product that most likely made them; null if there is no hint. */
  product: string | null;
  sets: number;
}

/** Free space of a file system that httpd writes to when it starts (statvfs(3)). */
export interface DiskSpace {
  path: string;
  /** What httpd writes there. */
  what: string;
  /** Mounted read-only. */
  readOnly: boolean;
  freeBytes: number;
  /** Null if the file system does not count inodes. */
  freeInodes: number | null;
}

export interface ListeningOrphan {
  pid: number;
  /** Milliseconds since boot, as in /proc/PID/stat: with the pid it identifies a process. */
  startedMs: number;
  ports: readonly number[];
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
