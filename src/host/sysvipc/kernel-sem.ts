import { readFileSync, writeFileSync } from 'node:fs';
import { type Done, done, notDone } from '../../core/done.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import {
  type KernelSem,
  asRequested,
  kernelSemText,
  mostSets,
  parseKernelSem,
} from '../../core/limits/kernel-sem.ts';
import { errorReason } from '../files/error-reason.ts';

const KERNEL_SEM = '/proc/sys/kernel/sem';

/** kernel.sem of the reader's own IPC namespace. */
export function readKernelSem(path = KERNEL_SEM): Fact<KernelSem> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return unknown(`${path} cannot be read: ${errorReason(error)}`);
  }
  const value = parseKernelSem(text);
  return value === null ? unknown(`${path} does not contain four numbers`) : known(value);
}

/**
 * Sets kernel.sem of the own IPC namespace and reads it back, since a kernel that refuses SEMMNI may have set the rest
 * (kernel: ipc/ipc_sysctl.c, proc_ipc_sem_dointvec).
 */
export function writeKernelSem(value: KernelSem, path = KERNEL_SEM): Done<KernelSemCode> {
  try {
    writeFileSync(path, `${kernelSemText(value)}\n`, { flag: 'r+' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code === 'EROFS' ? 'read-only' : 'refused';
    return notDone(code, `${path} cannot be written: ${errorReason(error)}${HINT[code]}`);
  }
  const after = asRequested(readKernelSem(path), value);
  return after.known ? done : notDone('not-taken', after.why);
}

/** not-taken: the kernel set less than was written. */
type KernelSemCode = 'read-only' | 'refused' | 'not-taken';

const HINT = {
  'read-only': '; it is read-only, as in most containers: set it on the host',
  refused: '',
};

/** The largest SEMMNI of this kernel; without a readable command line that of a kernel without ipcmni_extend. */
export function readMostSets(path = '/proc/cmdline'): number {
  try {
    return mostSets(readFileSync(path, 'utf8'));
  } catch {
    return mostSets('');
  }
}
