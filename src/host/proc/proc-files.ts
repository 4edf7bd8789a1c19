import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { Executable, ProcessFacts } from '../../core/verdict/process-facts.ts';

// One reader for each file of /proc/PID. All throw ENOENT or ESRCH for a process that is gone, EACCES for one that is hidden.

/** Userland sees start times in ticks of 1/100 s on every Linux architecture that runs Node (proc_pid_stat(5), USER_HZ). */
const MS_A_TICK = 10;

export function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number);
}

/** From the state on: the name before it may hold blanks, brackets and newlines, so fields are counted from its last bracket. */
function statFields(text: string): string[] {
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** From /proc/PID/stat. */
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

/** sched.h: a kernel thread, which runs no program and uses no semaphores. */
const PF_KTHREAD = 0x00200000;
/**
 * sched.h: it will never run a line of its program again. do_exit (kernel/exit.c) sets this, then takes away the memory, and
 * with it the program to read; only when all that is given back, which takes seconds where the OOM killer chose well, it is
 * a zombie.
 */
const PF_EXITING = 0x4;

/** What a thread is that has no program to read. Anyone may ask this of any process that is not hidden. */
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

/** The first that runs of the threads of a process, whose own pid is that of the one it began with; null where none runs. */
export function runningThread(pid: number): number | null {
  const tids = readdirSync(`/proc/${pid}/task`).map(Number);
  return tids.find((tid) => readState(tid) === 'running') ?? null;
}

/** The link the kernel sets. ENOENT also for a zombie and for a kernel thread. */
export function readExecutable(pid: number): Executable {
  const link = readlinkSync(`/proc/${pid}/exe`);
  const deleted = link.endsWith(' (deleted)');
  return { path: deleted ? link.slice(0, -' (deleted)'.length) : link, deleted };
}

/** Real, effective, saved and file-system uid. The name, on a line before, is escaped by the kernel. */
export function readUids(pid: number): number[] {
  const match = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (match === null) return [];
  return match.slice(1).map(Number);
}

export function readIpcNamespace(pid: number | 'self'): string {
  return readlinkSync(`/proc/${pid}/ns/ipc`);
}

/** The outermost service or scope in its control group's path: the unit that the system's own manager knows. */
export function readUnit(pid: number): Fact<string> {
  return unitOfCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
}

export function unitOfCgroup(text: string): Fact<string> {
  for (const line of text.split('\n')) {
    // systemd keeps its units in the unified hierarchy, on a hybrid host in the one it named.
    if (!/^(0:|\d+:name=systemd):/.test(line)) continue;
    const unit = line.split('/').find((part) => /\.(service|scope)$/.test(part));
    // systemd puts "_" before a name that the kernel would take for one of its own files (systemd: cg_escape).
    if (unit !== undefined) return known(unit.replace(/^_/, ''));
  }
  return unknown('its control group is of no unit');
}
