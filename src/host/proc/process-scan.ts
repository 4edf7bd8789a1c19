import { readdirSync } from 'node:fs';
import { isHttpdName } from '../../core/httpd/identity.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { Executable, ProcessFacts } from '../../core/verdict/process-facts.ts';
import { steadyMs } from '../exec/steady-ms.ts';
import { errorReason } from '../files/error-reason.ts';
import { readStartedAs } from './auxv.ts';
import { findHttpdProgram, isKnownPlain } from './find-httpd-program.ts';
import {
  listPids,
  readExecutable,
  readIpcNamespace,
  readStat,
  readState,
  readUids,
  readUnit,
  readUserNamespace,
  runningThread,
} from './proc-files.ts';

export interface ProcessTable {
  processes: ProcessFacts[];
  alivePids: Set<number>;
  /** Known if every process could be read. */
  readable: Fact<true>;
}

export interface ScanQuestion {
  /** Uids of httpd's processes: of those that start it and of its `User`. */
  serverUids: readonly number[];
  /** The ordinary user who starts the server, any program of whom may have made sets; null if root does. */
  ordinaryStarterUid: number | null;
  /** Whether a process can know the server's sets. */
  canKnow: (process: Pick<ProcessFacts, 'uids' | 'startedAs'>) => boolean;
  /** Our own process that runs as the owner's starter, which is skipped. */
  ourPid: number | null;
  /** On steadyMs()'s clock. */
  deadlineMs: number;
}

/** Every listing but the first reads only new processes, so there is time for many. */
const MOST_LISTINGS = 40;

/**
 * How many listings in a row may show processes that exit before they can be read, if there is no new user of sets among those
 * that are read. To be in none of them, a user of sets would have to fork and exit in each; httpd does so once, when its launcher detaches.
 */
const QUIET_LISTINGS = 10;

/** Threads of one process that are asked for their IPC namespace. */
const MOST_THREADS = 4_096;

type Seen = ProcessFacts | 'other program' | 'no program' | 'withheld';

type Change = 'none' | 'exits' | 'new users';

/**
 * Finds every running process in /proc that may use the sets of an owner: those whose program has a name of httpd, and those with
 * a uid of the server that run Apache under any name. If an ordinary user starts the server, all processes of this user as well.
 * Of other processes nothing is read but a link and the uids.
 */
export class ProcessScan {
  private readonly seen = new Map<number, Seen>();
  private alive = new Set<number>();
  private withheld: string | null = null;
  private readonly ownIpcNamespace = orNull(() => readIpcNamespace('self'));
  private readonly ownUserNamespace = orNull(() => readUserNamespace('self'));
  private readonly unsureOnce = new Set<number>();
  private newest: ProcessFacts | null = null;

  constructor(private readonly question: ScanQuestion) {}

  /**
   * A launcher in a listing may fork its master and exit before it is read. So the listing is repeated until it shows no new
   * httpd and no process exited while it was read, or until processes of others alone keep exiting.
   */
  listUntilStable(): void {
    let quiet = 0;
    for (let listing = 1; listing <= MOST_LISTINGS; listing++) {
      const change = this.list();
      if (change === 'none') return;
      quiet = change === 'exits' ? quiet + 1 : 0;
      if (quiet === QUIET_LISTINGS || this.isLate()) return;
    }
    const which = this.newest === null ? '' : `, as process ${this.newest.pid} (${pathOf(this.newest)})`;
    this.withheld ??= `processes kept starting and exiting while /proc was read ${MOST_LISTINGS} times${which}`;
  }

  /** Adds single processes to the result, whatever their program. */
  add(pids: Iterable<number>): void {
    for (const pid of pids) {
      if (!this.alive.has(pid) || typeof this.seen.get(pid) === 'object') continue;
      const seen = this.read(pid, true);
      if (seen !== null) this.seen.set(pid, seen);
      else if (readState(pid) === 'gone') this.alive.delete(pid);
    }
  }

  result(): ProcessTable {
    const all = [...this.seen.values()].filter((seen) => typeof seen === 'object');
    return {
      processes: all.filter(({ pid }) => this.alive.has(pid)),
      alivePids: new Set([...this.alive].filter((pid) => this.seen.get(pid) !== 'no program')),
      readable: this.withheld === null ? known(true) : unknown(this.withheld),
    };
  }

  private list(): Change {
    this.alive = new Set(listPids());
    // Its pid may be another process's in the next listing.
    for (const pid of this.seen.keys()) if (!this.alive.has(pid)) this.seen.delete(pid);
    let change: Change = 'none';
    let count = 0;
    for (const pid of this.alive) {
      if (this.seen.has(pid) || pid === this.question.ourPid || pid === process.pid) continue;
      if (this.isLate()) {
        this.withheld ??= `there was no time left after ${count} of ${this.alive.size} processes`;
        return change;
      }
      count++;
      const seen = this.readOnce(pid);
      if (seen !== null) this.seen.set(pid, seen);
      if (seen === null || seen === 'no program') {
        if (change === 'none') change = 'exits';
      } else if (typeof seen === 'object' && this.question.canKnow(seen)) {
        change = 'new users';
        this.newest = seen;
      }
    }
    return change;
  }

  /** Null also for a program or uids that are unknown for the first time: in the middle of execve(2), none are there to be read. */
  private readOnce(pid: number): Seen | null {
    const seen = this.read(pid, false);
    if (typeof seen !== 'object' || seen === null || this.unsureOnce.has(pid)) return seen;
    const { isHttpd, startedAs, uids } = seen;
    if (isHttpd.known && (startedAs.known || uids.includes(0))) return seen;
    this.unsureOnce.add(pid);
    return null;
  }

  private readonly isLate = (): boolean => steadyMs() > this.question.deadlineMs;

  /** Null if the process exited meanwhile. `asked`: read the facts of any program. */
  private read(pid: number, asked: boolean): Seen | null {
    try {
      return this.readAs(pid, pid, asked);
    } catch (error) {
      const state = readState(pid);
      if (state === 'gone') return null;
      if (state === 'kernel thread') return 'other program';
      if (state === 'ended') return this.readThreads(pid, asked);
      // The process may exit between two reads: then the next listing shows it.
      if (isGone(error)) return null;
      this.withheld ??= `process ${pid} cannot be read: ${errorReason(error)}`;
      return 'withheld';
    }
  }

  /** The first thread of a process may exit before the others (pthread_exit(3)), which still show the program. */
  private readThreads(pid: number, asked: boolean): Seen | null {
    try {
      const tid = runningThread(pid);
      return tid === null ? 'no program' : this.readAs(pid, tid, asked);
    } catch {
      // It exited meanwhile, or the next listing shows the same.
      return null;
    }
  }

  /** Reads a process through one of its threads. */
  private readAs(pid: number, tid: number, asked: boolean): Seen | null {
    const { serverUids, ordinaryStarterUid, canKnow } = this.question;
    const exe = readExecutableOrWhy(tid);
    const isNamed = exe.known && isHttpdName(exe.value.path);
    // Cheaper than reading its uids, and of many programs there are many processes.
    if (!isNamed && !asked && ordinaryStarterUid === null && exe.known && isKnownPlain(tid, exe.value))
      return 'other program';
    const uids = readUids(tid);
    const isServers = uids.length === 0 || uids.some((uid) => serverUids.includes(uid));
    if (!isNamed && !isServers && !asked) return 'other program';
    // A process of root can know any set, whatever it was started as.
    const startedAs = uids.includes(0)
      ? unknown('it runs as root')
      : readStartedAs(tid, this.ownUserNamespace);
    // While a process exits, its memory is freed first: then the next listing shows what it is.
    if (!startedAs.known && readState(tid) !== 'running') return null;
    const mayKnow = canKnow({ uids, startedAs });
    // Nothing else is read of it: a user can have any number of processes, each named httpd.
    if (!(mayKnow && (isNamed || isServers)) && !asked) return 'other program';
    const isHttpd = isNamed ? known(true) : mayKnow && isServers ? this.findProgram(tid, exe) : known(false);
    if (!isHttpd.known && readState(tid) === 'gone') return null;
    const isStarters = ordinaryStarterUid !== null && uids.includes(ordinaryStarterUid);
    const isOther = isHttpd.known && !isHttpd.value && !asked && !isStarters;
    if (isOther) return 'other program';
    return {
      ...readStat(pid),
      uids,
      startedAs,
      exe,
      isHttpd,
      ipcNamespace: this.ipcNamespaceOf(pid, tid),
      unit: readUnit(tid),
    };
  }

  private findProgram(tid: number, exe: Fact<Executable>): Fact<boolean> {
    return exe.known ? findHttpdProgram(tid, exe.value, this.isLate) : exe;
  }

  /** Ours if any thread of the process is in it: each thread has its own (unshare(2), setns(2)). */
  private ipcNamespaceOf(pid: number, tid: number): Fact<string> {
    const ofThis = readIpcNamespace(tid);
    if (this.ownIpcNamespace === null || ofThis === this.ownIpcNamespace) return known(ofThis);
    const tids = readdirSync(`/proc/${pid}/task`);
    if (tids.length > MOST_THREADS) return unknown(`process ${pid} has ${tids.length} threads`);
    const isOurs = tids.some((one) => readIpcNamespace(Number(one)) === this.ownIpcNamespace);
    return known(isOurs ? this.ownIpcNamespace : ofThis);
  }
}

function orNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * Unknown for a path of more than a page (readlink(2), ENAMETOOLONG), which any user can have: a folder is made, and a program
 * is started, relative to the current one.
 */
function readExecutableOrWhy(tid: number): Fact<Executable> {
  try {
    return known(readExecutable(tid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error;
    return unknown(`the program of process ${tid} cannot be read: ${errorReason(error)}`);
  }
}

function pathOf({ exe }: ProcessFacts): string {
  return exe.known ? exe.value.path : 'of an unknown program';
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
