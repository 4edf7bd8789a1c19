import { type Fact, known, unknown } from '../fact.ts';
import type { TableUse } from '../verdict/table-use.ts';

/** The four numbers of kernel.sem, in their order (proc_sys_kernel(5)). */
export interface KernelSem {
  /** Maximum number of semaphores in a set. */
  semmsl: number;
  /** Maximum number of semaphores in all sets. */
  semmns: number;
  /** Maximum number of operations in a call of semop(2). */
  semopm: number;
  /** Maximum number of sets. */
  semmni: number;
}

/** Parses /proc/sys/kernel/sem or a value in sysctl.d; null for anything but four numbers. */
export function parseKernelSem(text: string): KernelSem | null {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(text);
  if (match === null) return null;
  const [semmsl = 0, semmns = 0, semopm = 0, semmni = 0] = match.slice(1).map(Number);
  return { semmsl, semmns, semopm, semmni };
}

export function kernelSemText({ semmsl, semmns, semopm, semmni }: KernelSem): string {
  return `${semmsl} ${semmns} ${semopm} ${semmni}`;
}

/** The largest SEMMNI by default and with ipcmni_extend on the kernel command line (kernel: ipc/util.h, IPCMNI). */
const IPCMNI = 32_768;
const IPCMNI_EXTENDED = 16_777_216;
const INT_MAX = 2_147_483_647;
/** The default SEMMNI since Linux 3.19 (kernel: include/uapi/linux/sem.h). */
const DEFAULT_SEMMNI = 32_000;

/** The largest SEMMNI of a kernel that was booted with this command line (/proc/cmdline). */
export function mostSets(commandLine: string): number {
  return /(^|\s)ipcmni_extend(=|\s|$)/.test(commandLine) ? IPCMNI_EXTENDED : IPCMNI;
}

/**
 * kernel.sem with SEMMNI raised to `sets`; `most` is the largest SEMMNI of this kernel. No number gets lower. SEMMNS becomes
 * SEMMNI * SEMMSL like the kernel's default, so that it never limits. Unknown, with the allowed range, if `sets` is refused.
 */
export function raised(now: KernelSem, sets: number, most: number): Fact<KernelSem> {
  if (sets < now.semmni)
    return unknown(
      `SEMMNI is ${now.semmni} and is not lowered to ${sets}; allowed: ${now.semmni} to ${most}`,
    );
  if (sets > most)
    return unknown(
      `the largest SEMMNI of this kernel is ${most}${most === IPCMNI ? ' (more with ipcmni_extend on its command line)' : ''}; allowed: ${now.semmni} to ${most}`,
    );
  const semmns = Math.max(now.semmns, Math.min(sets * now.semmsl, INT_MAX));
  return known({ ...now, semmns, semmni: sets });
}

/** The larger of each number; `one` if there is no `other`. */
export function atLeast(one: KernelSem, other: KernelSem | null): KernelSem {
  if (other === null) return one;
  return {
    semmsl: Math.max(one.semmsl, other.semmsl),
    semmns: Math.max(one.semmns, other.semmns),
    semopm: Math.max(one.semopm, other.semopm),
    semmni: Math.max(one.semmni, other.semmni),
  };
}

/** The SEMMNI to advise to raise to; null if the kernel takes no more. Unused sets cost nothing. */
export function setsToAdvise({ sets, semaphores }: TableUse): number | null {
  if (sets.max < DEFAULT_SEMMNI) return DEFAULT_SEMMNI;
  if (sets.max < IPCMNI) return IPCMNI;
  // Setting the same SEMMNI again raises SEMMNS.
  return semaphores.max - semaphores.used < sets.max - sets.used ? sets.max : null;
}

/** Whether no number of `one` is lower than that of `other`. */
export function isAtLeast(one: KernelSem, other: KernelSem): boolean {
  return (['semmsl', 'semmns', 'semopm', 'semmni'] as const).every((name) => one[name] >= other[name]);
}

/** kernel.sem as read back after `requested` was written; unknown if the kernel set less. */
export function asRequested(after: Fact<KernelSem>, requested: KernelSem): Fact<KernelSem> {
  if (!after.known || isAtLeast(after.value, requested)) return after;
  return unknown(`kernel.sem is ${kernelSemText(after.value)} after writing ${kernelSemText(requested)}`);
}
