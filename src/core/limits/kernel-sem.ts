import { type Fact, known, unknown } from '../fact.ts';
import type { TableUse } from '../verdict/table-use.ts';

/** kernel.sem, in the order of its four numbers (proc_sys_kernel(5)). */
export interface KernelSem {
  /** Most semaphores in one set. */
  semmsl: number;
  /** Most semaphores in all. */
  semmns: number;
  /** Most operations in one call. */
  semopm: number;
  /** Most sets. */
  semmni: number;
}

/** The text of /proc/sys/kernel/sem, or of a value in sysctl.d; null for anything but four numbers. */
export function parseKernelSem(text: string): KernelSem | null {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(text);
  if (match === null) return null;
  const [semmsl = 0, semmns = 0, semopm = 0, semmni = 0] = match.slice(1).map(Number);
  return { semmsl, semmns, semopm, semmni };
}

export function kernelSemText({ semmsl, semmns, semopm, semmni }: KernelSem): string {
  return `${semmsl} ${semmns} ${semopm} ${semmni}`;
}

/** The kernel takes no more sets than fit into an id, and no more with this word on its command line (kernel: ipc/util.h, IPCMNI). */
const IPCMNI = 32_768;
const IPCMNI_EXTENDED = 16_777_216;
const INT_MAX = 2_147_483_647;
/** What SEMMNI is when nobody lowered it, since Linux 3.19 (kernel: include/uapi/linux/sem.h). */
const KERNELS_OWN_SEMMNI = 32_000;

/** The largest SEMMNI that a kernel takes which was booted with this command line (/proc/cmdline). */
export function mostSets(commandLine: string): number {
  return /(^|\s)ipcmni_extend(=|\s|$)/.test(commandLine) ? IPCMNI_EXTENDED : IPCMNI;
}

/**
 * kernel.sem with room for so many sets. None of the four numbers gets lower. SEMMNS becomes what it would have to be if
 * each set were as large as it may be, as the kernel's own default is. Unknown, and why, where that must not be done.
 */
export function raised(now: KernelSem, sets: number, most: number): Fact<KernelSem> {
  if (sets < now.semmni)
    return unknown(
      `SEMMNI is ${now.semmni} and is not lowered to ${sets}; from ${now.semmni} to ${most} is allowed`,
    );
  if (sets > most)
    return unknown(
      `this kernel takes no SEMMNI above ${most}${most === IPCMNI ? ' (booted with ipcmni_extend, it would)' : ''}; from ${now.semmni} to ${most} is allowed`,
    );
  const semmns = Math.max(now.semmns, Math.min(sets * now.semmsl, INT_MAX));
  return known({ ...now, semmns, semmni: sets });
}

/** The larger of each number; of nothing at all, the one. */
export function atLeast(one: KernelSem, other: KernelSem | null): KernelSem {
  if (other === null) return one;
  return {
    semmsl: Math.max(one.semmsl, other.semmsl),
    semmns: Math.max(one.semmns, other.semmns),
    semopm: Math.max(one.semopm, other.semopm),
    semmni: Math.max(one.semmni, other.semmni),
  };
}

/** How far to raise SEMMNI where that is what helps; null where the kernel takes no more. A set that is not made costs nothing. */
export function setsToAdvise({ sets, semaphores }: TableUse): number | null {
  if (sets.max < KERNELS_OWN_SEMMNI) return KERNELS_OWN_SEMMNI;
  if (sets.max < IPCMNI) return IPCMNI;
  // The same number again lifts SEMMNS.
  return semaphores.max - semaphores.used < sets.max - sets.used ? sets.max : null;
}

/** Whether no number of one is below that of the other. */
export function isAtLeast(one: KernelSem, other: KernelSem): boolean {
  return (['semmsl', 'semmns', 'semopm', 'semmni'] as const).every((name) => one[name] >= other[name]);
}

/** What kernel.sem is after it was set; unknown, and why, where the kernel took less than was wished. */
export function asWished(after: Fact<KernelSem>, wished: KernelSem): Fact<KernelSem> {
  if (!after.known || isAtLeast(after.value, wished)) return after;
  return unknown(`kernel.sem is ${kernelSemText(after.value)}, though ${kernelSemText(wished)} was written`);
}
