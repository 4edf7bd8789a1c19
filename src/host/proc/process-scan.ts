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
  /** Known when nothing was withheld from us. */
  readable: Fact<true>;
}

/** Every look but the first reads only what is new, so that there is time for many. */
const MOST_LOOKS = 20;

/**
 * httpd's binary has one or two MiB, with all modules built in some more. What is larger (Node, Docker) takes too long to
 * search before a start, and is judged by what it has loaded.
 */
const MOST_SEARCHED_BYTES = 8 * 1024 * 1024;

type Seen = ProcessFacts | 'other program' | 'no program' | 'withheld';

/**
 * Finds every living process that may use the sets of an owner, in /proc: those that run a file with a name of httpd's,
 * and those whose file holds Apache's own text, whatever its name. Where an ordinary user starts the server, all that this
 * user runs.
 */
export class ProcessScan {
  private readonly seen = new Map<number, Seen>();
  private alive = new Set<number>();
  private withheld: string | null = null;

  constructor(
    private readonly owner: MutexOwner | null,
    /** A process of our own that runs as the owner's starter: what is left out. */
    private readonly ourPid: number | null,
  ) {}

  /**
   * A launcher in a listing may fork its master and be gone before it is read. So the listing is taken again until it
   * shows no httpd that was not there before, and nobody vanished while it was read.
   */
  lookUntilSettled(): void {
    for (let look = 1; look <= MOST_LOOKS; look++) if (!this.findsNews()) return;
    this.withheld ??= `processes kept coming and going while /proc was read ${MOST_LOOKS} times`;
  }

  /** Adds single processes, of whatever program, to the result. */
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

  private findsNews(): boolean {
    this.alive = new Set(listPids());
    let news = false;
    for (const pid of this.alive) {
      if (this.seen.has(pid) || pid === this.ourPid || pid === process.pid) continue;
      const seen = this.read(pid, false);
      if (seen !== null) this.seen.set(pid, seen);
      news ||= seen === null || seen === 'no program' || typeof seen === 'object';
    }
    return news;
  }

  /** null: gone meanwhile. */
  private read(pid: number, asked: boolean): Seen | null {
    try {
      return this.readAs(pid, pid, asked);
    } catch (error) {
      const state = readState(pid);
      if (state === 'gone') return null;
      if (state === 'kernel thread') return 'other program';
      if (state === 'ended') return this.readThreads(pid, asked);
      // Between two reads of one process it may have ended the one and not yet the other: then it is read again.
      if (isGone(error)) return null;
      this.withheld ??= `process ${pid} cannot be looked at: ${errorReason(error)}`;
      return 'withheld';
    }
  }

  /** The thread that a process began with may end before the others (pthread_exit(3)): the program is theirs, too. */
  private readThreads(pid: number, asked: boolean): Seen | null {
    try {
      const tid = runningThread(pid);
      return tid === null ? 'no program' : this.readAs(pid, tid, asked);
    } catch {
      // It ended meanwhile, or will be the same at the next look.
      return null;
    }
  }

  /** What /proc shows of one thread of it. */
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

/** Told by the program, whoever runs it: a master without workers shows no other sign. Each file is searched once. */
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
