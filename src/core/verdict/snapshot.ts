import type { ClockReading } from '../clock.ts';
import type { Fact } from '../fact.ts';
import type { ProcessFacts } from './process-facts.ts';
import type { MutexOwner, SemaphoreSet } from './semaphore-set.ts';
import type { Register } from '../register/register.ts';
import type { UnitRun } from '../units/unit-run.ts';

/** The facts that the verdict is based on; the table is read before the processes. */
export interface Snapshot {
  clock: ClockReading;
  /** Our own IPC namespace, whose table this is. */
  ipcNamespace: Fact<string>;
  sets: Fact<SemaphoreSet[]>;
  limits: Fact<SemaphoreLimits>;
  /** Known if no process of our pid namespace is hidden. */
  visibility: Fact<Visibility>;
  owner: Fact<MutexOwner>;
  /** Every process that may use httpd's sets. */
  processes: readonly ProcessFacts[];
  /** Every existing pid, whatever its program. */
  alivePids: ReadonlySet<number>;
  /** Inspected sets: those that look like httpd's mutexes. */
  inspections: ReadonlyMap<number, Fact<Inspection>>;
  unitRuns: ReadonlyMap<string, Fact<UnitRun>>;
  /** When this look began, before anything else was read: milliseconds since boot (CLOCK_BOOTTIME). */
  lookedMs: number;
  forks: Fact<Forks>;
  /** What earlier looks saw; empty if it is missing, damaged or of another boot. */
  register: Register;
}

/**
 * machine: our pid namespace is the initial one, which contains every process. container: it is not, and processes outside of it
 * may share the table, as among the containers of a pod.
 */
export type Visibility = 'machine' | 'container';

/** From kernel.sem: SEMMNI and SEMMNS (proc_sys_kernel(5)). */
export interface SemaphoreLimits {
  maxSets: number;
  maxSemaphores: number;
}

/** semctl(2) GETPID, and GETNCNT plus GETZCNT. `lastPid` is 0 for a process in a pid namespace that is not visible. */
export interface Inspection {
  lastPid: number;
  waiters: number;
}

/** How many processes and threads the kernel has forked since boot, before and after the look, and kernel.pid_max. */
export interface Forks {
  before: number;
  after: number;
  pidMax: number;
}
