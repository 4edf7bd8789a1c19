import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { Executable, ProcessFacts } from '../../core/verdict/process-facts.ts';

// One reader for each file of /proc/PID. All throw ENOENT or ESRCH for a process that has exited, EACCES for a hidden one.

/** Start times are in ticks of 1/100 s on every Linux architecture that runs Node (proc_pid_stat(5), USER_HZ). */
const MS_A_TICK = 10;

export function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number);
}

/** The fields from the state on. The process name before it may contain spaces, parentheses and newlines, so the last parenthesis ends it. */
function statFields(text: string): string[] {
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Reads /proc/PID/stat. */
export function readStat(pid: number): Pick<ProcessFacts, 'pid' | 'ppid' | 'pgrp' | 'session' | 'startedMs'> {
  return { pid, ...parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')) };
}

export function parseStat(text: string): Pick<ProcessFacts, 'ppid' | 'pgrp' | 'session' | 'startedMs'> {
  const [, ppid, pgrp, session, ...rest] = statFields(text);
  return {
    ppid: Number(ppid),
    pgrp: Number(pgrp),
    session: Number(session),
    startedMs: Number(rest[15]) * MS_A_TICK,
  };
}

/** A kernel thread, which runs no program and uses no semaphores (kernel: include/linux/sched.h). */
const PF_KTHREAD = 0x00200000;
/**
 * An exiting process, which never runs its program again (kernel: include/linux/sched.h). do_exit (kernel/exit.c) sets this,
 * then frees the memory, after which the exe link cannot be read. The process becomes a zombie only after that, which takes
 * seconds for a large victim of the OOM killer.
 */
const PF_EXITING = 0x4;

/** The state of a thread without a readable program. Any user may read it of any process that is not hidden. */
export function readState(tid: number): ThreadState | 'gone' {
  try {
    return parseState(readFileSync(`/proc/${tid}/stat`, 'utf8'));
  } catch {
    return 'gone';
  }
}

export type ThreadState = 'running' | 'ended' | 'kernel thread';

export function parseState(stat: string): ThreadState {
  const [state, , , , , , word] = statFields(stat);
  const flags = Number(word);
  if ((flags & PF_KTHREAD) !== 0) return 'kernel thread';
  return state === 'Z' || state === 'X' || (flags & PF_EXITING) !== 0 ? 'ended' : 'running';
}

/** The first running thread of a process, whose pid is the id of its first thread; null if none is running. */
export function runningThread(pid: number): number | null {
  const tids = readdirSync(`/proc/${pid}/task`).map(Number);
  return tids.find((tid) => readState(tid) === 'running') ?? null;
}

/** The exe link, which the kernel sets. Throws ENOENT also for a zombie and for a kernel thread. */
export function readExecutable(pid: number): Executable {
  const link = readlinkSync(`/proc/${pid}/exe`);
  const deleted = link.endsWith(' (deleted)');
  return { path: deleted ? link.slice(0, -' (deleted)'.length) : link, deleted };
}

/** Real, effective, saved and file-system uid. The kernel escapes newlines in the name, which is on an earlier line. */
export function readUids(pid: number): number[] {
  const match = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (match === null) return [];
  return match.slice(1).map(Number);
}

export function readIpcNamespace(pid: number | 'self'): string {
  return readlinkSync(`/proc/${pid}/ns/ipc`);
}

export function readUserNamespace(pid: number | 'self'): string {
  return readlinkSync(`/proc/${pid}/ns/user`);
}

/** The outermost service or scope in the path of its control group: the unit of the system manager. */
export function readUnit(pid: number): Fact<string> {
  return unitOfCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
}

export function unitOfCgroup(text: string): Fact<string> {
  for (const line of text.split('\n')) {
    // systemd's units are in the unified hierarchy, on a hybrid host in the one named systemd.
    if (!/^(0:|\d+:name=systemd):/.test(line)) continue;
    const unit = line.split('/').find((part) => /\.(service|scope)$/.test(part));
    // systemd prefixes names that conflict with the kernel's files with "_" (systemd: cg_escape).
    if (unit !== undefined) return known(unit.replace(/^_/, ''));
  }
  return unknown('started outside systemd');
}
