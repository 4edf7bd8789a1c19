import type { Fact } from '../fact.ts';
import type { BlockingServer } from './blocking-servers.ts';
import type { LineMatch } from '../logs/match-line.ts';
import type { RunEnding } from './run-ending.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/** What the machine says of a unit that may have failed: the kernel, systemd and httpd itself. No word of a log. */
export interface FailureFacts {
  unit: Fact<UnitFacts>;
  /** How its last run ended, when ExecStopPost saw it. */
  ending: RunEnding | null;
  /** What httpd -t complains of; null when it says OK. */
  configComplaint: Fact<string | null>;
  /** How many System V mutexes are registered in the configuration, the most that a start needs; null where httpd does not say. */
  sysvMutexes: number | null;
  use: Fact<TableUse>;
  /** Sets that are proven to be left by a dead httpd. */
  orphans: number;
  /** Sets that may be left over as well, which cannot be proven. */
  unsure: number;
  /** Servers of other units that could know what a dead one left. */
  blockingServers: readonly BlockingServer[];
  /** Who holds the table, the largest first. */
  holders: readonly Holder[];
  diskSpaces: readonly DiskSpace[];
  /** Orphaned workers in the unit's own control group that listen on a port. */
  listeningOrphans: readonly ListeningOrphan[];
  /** A living httpd that this unit does not run; null when there is none. */
  outsider: Outsider | null;
}

/**
 * A living httpd that the unit does not run, but that holds the unit's pid file. A start would end it: httpd says "already
 * running" and exits with 0, and then the unit's ExecStop stops whom the pid file names.
 */
export interface Outsider {
  pid: number;
  /** The program it runs; null where that could not be read. */
  path: string | null;
  /** The unit or scope whose control group it is in; null where it is in none. */
  unit: string | null;
  /** The pid file that names it; null where httpd does not say where its pid file is. */
  pidFile: string | null;
}

export interface Holder {
  uid: number;
  /** Null where the uid has no name here. */
  user: string | null;
  /** Whose they most likely are; null where nothing speaks for one. */
  product: string | null;
  sets: number;
}

/** Free room of a file system that httpd writes to when it starts (statvfs(3)). */
export interface DiskSpace {
  path: string;
  /** What httpd has there. */
  what: string;
  /** Mounted read-only. */
  readOnly: boolean;
  freeBytes: number;
  /** Null where the file system counts none. */
  freeInodes: number | null;
}

export interface ListeningOrphan {
  pid: number;
  /** Milliseconds since boot, as in /proc/PID/stat: with the pid it names one process for ever. */
  startedMs: number;
  ports: readonly number[];
}

/** A line that the run wrote, for people: anyone can have written it. */
export interface LogLine {
  text: string;
  /** When it was written, wall clock; null where that is not known. */
  atMs: number | null;
  /** Whether the unit's own start command printed it: what apachectl and httpd say before there is a log has no level. */
  isFromStart: boolean;
  /** What the catalogue makes of it; null for a line of no known kind. */
  match: LineMatch | null;
  /** The file, or the journal. */
  source: string;
}
