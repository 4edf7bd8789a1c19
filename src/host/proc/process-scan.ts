import { statSync } from 'node:fs';
import { isHttpdName, isLoaderName } from '../../core/httpd/identity.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { Executable, ProcessFacts } from '../../core/verdict/process-facts.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import { holdsApacheText, mapsHttpd } from './apache-binary.ts';
import { errorReason } from '../files/error-reason.ts';
import {
  listPids,
  readExecutable,
  readIpcNamespace,
  readStat,
  readState,
  readUids,
  readUnit,
  runningThread,
} from './proc-files.ts';

export interface ProcessTable {
  processes: ProcessFacts[];
  alivePids: Set<number>;
  /** Known if every process could be read. */
  readable: Fact<true>;
}

/** Every listing but the first reads only new processes, so there is time for many. */
const MOST_LISTINGS = 20;

/**
 * httpd's binary has one or two MiB, with all modules linked in a few more. A larger program (Node, Docker) takes too long to
 * search before a start and is recognized by its mapped files.
 */
const MOST_SEARCHED_BYTES = 8 * 1024 * 1024;

type Seen = ProcessFacts | 'other program' | 'no program' | 'withheld';

/**
 * Finds every running process in /proc that may use the sets of an owner: those whose program has a name of httpd or contains
 * Apache's text, whatever its name. If an ordinary user starts the server, all processes of this user as well.
 */
export class ProcessScan {
  private readonly seen = new Map<number, Seen>();
  private alive = new Set<number>();
  private withheld: string | null = null;

  constructor(
    private readonly owner: MutexOwner | null,
    /** Our own process that runs as the owner's starter, which is skipped. */
    private readonly ourPid: number | null,
  ) {}

  /**
   * A launcher in a listing may fork its master and exit before it is read. So the listing is repeated until it shows no new
   * httpd and no process exited while it was read.
   */
  listUntilStable(): void {
    for (let listing = 1; listing <= MOST_LISTINGS; listing++) if (!this.findsChange()) return;
    this.withheld ??= `processes kept starting and exiting while /proc was read ${MOST_LISTINGS} times`;
  }

  /** Adds single processes to the result, whatever their program. */
  add(pids: Iterable<number>): void {
    for (const pid of pids) {
      if (!this.alive.has(pid) || typeof this.seen.get(pid) === 'object') continue;
      const seen = this.read(pid, true);
      if (seen !== null) this.seen.set(pid, seen);
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

  private findsChange(): boolean {
    this.alive = new Set(listPids());
    let change = false;
    for (const pid of this.alive) {
      if (this.seen.has(pid) || pid === this.ourPid || pid === process.pid) continue;
      const seen = this.read(pid, false);
      if (seen !== null) this.seen.set(pid, seen);
      change ||= seen === null || seen === 'no program' || typeof seen === 'object';
    }
    return change;
  }

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
    const exe = readExecutable(tid);
    const isHttpd = isHttpdName(exe.path) ? known(true) : isHttpdByContent(tid, exe);
    if (!isHttpd.known && readState(tid) === 'gone') return null;
    const isOther = isHttpd.known && !isHttpd.value && !asked && !this.isStarters(tid);
    return isOther ? 'other program' : readFacts(pid, tid, exe, isHttpd);
  }

  private isStarters(pid: number): boolean {
    return (
      this.owner !== null && this.owner.starterUid !== 0 && readUids(pid).includes(this.owner.starterUid)
    );
  }
}

/** Whether the program is httpd, whatever its user and name: a master without workers has no other sign. Each file is searched once. */
function isHttpdByContent(pid: number, exe: Executable): Fact<boolean> {
  const file = statSync(`/proc/${pid}/exe`);
  if (isLoaderName(exe.path) || file.size > MOST_SEARCHED_BYTES) return mapsHttpd(pid);
  return holdsApacheText(pid, `${file.dev}:${file.ino}`);
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}

function readFacts(pid: number, tid: number, exe: Executable, isHttpd: Fact<boolean>): ProcessFacts {
  return {
    ...readStat(pid),
    uids: readUids(tid),
    exe: known(exe),
    isHttpd,
    ipcNamespace: known(readIpcNamespace(tid)),
    unit: readUnit(tid),
  };
}
