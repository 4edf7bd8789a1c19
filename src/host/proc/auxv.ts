import { readFileSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import { readUserNamespace } from './proc-files.ts';

// linux/auxvec.h.
const AT_NULL = 0n;
const AT_UID = 11n;
const AT_EUID = 12n;
const AT_SECURE = 23n;

/**
 * Real and effective uid when a process executed its program, by the auxiliary vector that the kernel gave it then (getauxval(3),
 * kernel: fs/binfmt_elf.c). fork(2) inherits it. Unknown in another user namespace, where the uids have another meaning.
 */
export function readStartedAs(pid: number, ownUserNamespace: string | null): Fact<number[]> {
  try {
    if (readUserNamespace(pid) !== ownUserNamespace) return unknown('it is in another user namespace');
    return parseAuxv(readFileSync(`/proc/${pid}/auxv`));
  } catch (error) {
    return unknown(`/proc/${pid}/auxv cannot be read: ${errorReason(error)}`);
  }
}

/** Pairs of two 64-bit numbers in the machine's byte order. A vector of a 32-bit program has another form, and is unknown. */
export function parseAuxv(bytes: Buffer): Fact<number[]> {
  const values = new Map<bigint, bigint>();
  const numbers = new BigUint64Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~15)),
  );
  for (let i = 0; i < numbers.length && numbers[i] !== AT_NULL; i += 2)
    values.set(numbers[i] ?? AT_NULL, numbers[i + 1] ?? 0n);
  const uid = values.get(AT_UID);
  const euid = values.get(AT_EUID);
  if (uid === undefined || euid === undefined) return unknown('the auxiliary vector has another form');
  // Set-uid programs and programs with capabilities (capabilities(7)) can change their uids.
  if (values.get(AT_SECURE) !== 0n) return unknown('it was started with privileges of its program file');
  return known([Number(uid), Number(euid)]);
}
