import type { ClockReading } from '../clock.ts';
import type { Fact } from '../fact.ts';
import type { ProcessFacts } from './process-facts.ts';
import type { MutexOwner, SemaphoreSet } from './semaphore-set.ts';
import type { UnitRun } from '../units/unit-run.ts';

/** Everything the verdict stands on, read in this order: the table first, then the processes. */
export interface Snapshot {
  clock: ClockReading;
  /** The reader's own namespace: the one whose table this is. */
  ipcNamespace: Fact<string>;
  sets: Fact<SemaphoreSet[]>;
  limits: Fact<SemaphoreLimits>;
  /** Known when no process that shares our pid namespace is hidden from us. */
  visibility: Fact<Visibility>;
  owner: Fact<MutexOwner>;
  /** Every process that is, or may be, a user of httpd's sets. */
  processes: readonly ProcessFacts[];
  /** Every pid that exists, of whatever program. */
  alivePids: ReadonlySet<number>;
  /** What the kernel says of single sets; only some are asked for. */
  inspections: ReadonlyMap<number, Fact<Inspection>>;
  unitRuns: ReadonlyMap<string, Fact<UnitRun>>;
}

/**
 * machine: our pid namespace is the first, which holds every process there is. container: it is not, and the table may be
 * shared with processes outside, as among the containers of a pod.
 */
export type Visibility = 'machine' | 'container';

/** From kernel.sem: SEMMNI and SEMMNS (proc_sys_kernel(5)). */
export interface SemaphoreLimits {
  maxSets: number;
  maxSemaphores: number;
}

/** semctl(2) GETPID, and GETNCNT plus GETZCNT. `lastPid` is 0 when that process is in a pid namespace out of sight. */
export interface Inspection {
  lastPid: number;
  waiters: number;
}
