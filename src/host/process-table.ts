import { statSync } from 'node:fs';
import { type Fact, known, unknown } from '../core/fact.ts';
import { type Executable, type ProcessFacts, isHttpdName } from '../core/process-facts.ts';
import { holdsApacheText } from './apache-binary.ts';
import { because } from './because.ts';
import {
  isKernelThread,
  listPids,
  readExecutable,
  readIpcNamespace,
  readStat,
  readUids,
  readUnit,
} from './proc-files.ts';

export interface ProcessTable {
  processes: ProcessFacts[];
  alivePids: Set<number>;
  /** Known when nothing was withheld from us. */
  readable: Fact<true>;
}

/** Whom to look at more closely than by name: processes of these users, and these processes. */
export interface ProcessQuestion {
  uids: ReadonlySet<number>;
  pids: ReadonlySet<number>;
}

const MOST_LOOKS = 5;

/**
 * Every living process that may use httpd's sets, from /proc: those that run a file with a name of httpd's, and all of
 * the users and pids asked for, with a word on whether their program is httpd.
 *
 * A launcher seen in a listing may fork its master and exit before it is read. So the listing is taken again until it
 * shows no httpd that was not there before.
 */
export function readProcessTable(question: ProcessQuestion): ProcessTable {
  const scan = new Scan(question);
  for (let look = 1; look <= MOST_LOOKS; look++) {
    if (!scan.findsNewHttpd()) return scan.result();
  }
  return {
    ...scan.result(),
    readable: unknown(`new httpd processes kept appearing while /proc was read ${MOST_LOOKS} times`),
  };
}

type Seen = ProcessFacts | 'other program' | 'withheld';

class Scan {
  private readonly seen = new Map<number, Seen>();
  private alive = new Set<number>();
  private withheld: string | null = null;
  /** Files recognised as httpd by their content, as device:inode. */
  private readonly httpdFiles = new Set<string>();

  constructor(private readonly question: ProcessQuestion) {}

  findsNewHttpd(): boolean {
    this.alive = new Set(listPids());
    const filesBefore = this.httpdFiles.size;
    let found = false;
    for (const pid of this.alive) {
      if (this.seen.has(pid)) continue;
      const seen = this.read(pid);
      if (seen === null) continue;
      this.seen.set(pid, seen);
      found ||= typeof seen === 'object' && !(seen.isHttpd.known && !seen.isHttpd.value);
    }
    // Whoever runs a file that was recognised late, such as the worker's master, was passed over as another program.
    if (this.httpdFiles.size > filesBefore) {
      for (const [pid, seen] of this.seen) if (seen === 'other program') this.seen.delete(pid);
    }
    return found;
  }

  result(): ProcessTable {
    const all = [...this.seen.values()].filter((seen) => typeof seen === 'object');
    return {
      processes: all.filter(({ pid }) => this.alive.has(pid)),
      alivePids: this.alive,
      readable: this.withheld === null ? known(true) : unknown(this.withheld),
    };
  }

  /** null: gone meanwhile, a zombie or a kernel thread. */
  private read(pid: number): Seen | null {
    try {
      const exe = readExecutable(pid);
      const uids = readUids(pid);
      const asked = this.question.pids.has(pid) || uids.some((uid) => this.question.uids.has(uid));
      const isHttpd = isHttpdName(exe.path) ? known(true) : this.isHttpdByContent(pid, asked);
      if (!asked && isHttpd.known && !isHttpd.value) return 'other program';
      return readFacts(pid, exe, uids, isHttpd);
    } catch (error) {
      if (isGone(error)) return null;
      if (isKernelThreadOrGone(pid)) return null;
      this.withheld ??= `process ${pid} cannot be looked at: ${because(error)}`;
      return 'withheld';
    }
  }

  private isHttpdByContent(pid: number, asked: boolean): Fact<boolean> {
    if (!asked && this.httpdFiles.size === 0) return known(false);
    const file = statSync(`/proc/${pid}/exe`);
    const identity = `${file.dev}:${file.ino}`;
    if (this.httpdFiles.has(identity)) return known(true);
    if (!asked) return known(false);
    const holds = holdsApacheText(pid, identity);
    if (holds.known && holds.value) this.httpdFiles.add(identity);
    return holds;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}

function isKernelThreadOrGone(pid: number): boolean {
  try {
    return isKernelThread(pid);
  } catch (error) {
    return isGone(error);
  }
}

function readFacts(pid: number, exe: Executable, uids: number[], isHttpd: Fact<boolean>): ProcessFacts {
  return {
    ...readStat(pid),
    uids,
    exe: known(exe),
    isHttpd,
    ipcNamespace: known(readIpcNamespace(pid)),
    unit: readUnit(pid),
  };
}
