import { closeSync, openSync, readSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { Segment } from '../../core/verdict/segment.ts';
import type { SemaphoreSet } from '../../core/verdict/semaphore-set.ts';
import type { SemaphoreLimits } from '../../core/verdict/snapshot.ts';
import { errorReason } from '../files/error-reason.ts';
import { NumberLines } from './number-lines.ts';
import { readKernelSem } from './kernel-sem.ts';

const SEM_HEADER = ['key', 'semid', 'perms', 'nsems', 'uid', 'gid', 'cuid', 'cgid', 'otime', 'ctime'];
const SHM_HEADER = [
  'key',
  'shmid',
  'perms',
  'size',
  'cpid',
  'lpid',
  'nattch',
  'uid',
  'gid',
  'cuid',
  'cgid',
  'atime',
  'dtime',
  'ctime',
  'rss',
  'swap',
];
const PIECE_BYTES = 64 * 1024;

/**
 * Reads the semaphore table of the own IPC namespace. A line that cannot be parsed makes the whole table unknown. `onSets` is
 * called with the sets of each chunk, and other work can run in between. If the table changes meanwhile, a set may be missing,
 * but none is read twice, since the kernel walks it slot by slot (kernel: ipc/util.c, sysvipc_find_ipc).
 */
export async function readSemaphoreSets(
  onSets: (sets: readonly SemaphoreSet[]) => void = () => undefined,
  path = '/proc/sysvipc/sem',
): Promise<Fact<SemaphoreSet[]>> {
  const sets: SemaphoreSet[] = [];
  let passed = 0;
  const whole = await readTable(
    path,
    SEM_HEADER,
    (numbers) => sets.push(toSet(numbers)),
    () => {
      onSets(sets.slice(passed));
      passed = sets.length;
    },
  );
  return whole.known ? known(sets) : whole;
}

/** Reads the table of shared memory segments. */
export async function readSegments(path = '/proc/sysvipc/shm'): Promise<Fact<Segment[]>> {
  const segments: Segment[] = [];
  const keep = ([
    key = 0,
    id = 0,
    ,
    size = 0,
    cpid = 0,
    lpid = 0,
    attached = 0,
    uid = 0,
    ,
    cuid = 0,
  ]: readonly number[]): void => {
    segments.push({ id, key: key | 0, size, cpid, lpid, attached, uid, cuid });
  };
  const whole = await readTable(path, SHM_HEADER, keep, () => undefined);
  return whole.known ? known(segments) : whole;
}

async function readTable(
  path: string,
  header: readonly string[],
  onLine: (numbers: readonly number[]) => void,
  onPiece: () => void,
): Promise<Fact<true>> {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const lines = new NumberLines(header.length, onLine);
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let rest = piece.subarray(0, fill(fd, piece));
    const headerEnd = rest.indexOf('\n');
    const words = rest.toString('latin1', 0, Math.max(0, headerEnd)).trim().split(/ +/);
    if (words.join() !== header.join()) return unknown(`${path} has an unknown header`);
    rest = rest.subarray(headerEnd + 1);
    while (rest.length > 0) {
      if (!lines.read(rest)) return unknown(`${path} has a line of unknown form`);
      onPiece();
      rest = piece.subarray(0, fill(fd, piece));
      await nextTurn();
    }
    return lines.atEnd() ? known(true) : unknown(`${path} ends in the middle of a line`);
  } catch (error) {
    return unknown(`${path} cannot be read: ${errorReason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Lets other work run. Not from node:timers/promises, which would have to be loaded first. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Fills the buffer, since the kernel returns one page for each read. */
function fill(fd: number, piece: Buffer): number {
  let filled = 0;
  while (filled < piece.length) {
    const read = readSync(fd, piece, filled, piece.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/** By index: destructuring, or a call for each number, costs more than parsing the line. */
function toSet(numbers: readonly number[]): SemaphoreSet {
  const perms = numbers[2] as number;
  return {
    id: numbers[1] as number,
    // The kernel may print the key signed.
    key: (numbers[0] as number) | 0,
    // The octal digits were parsed as decimal.
    mode: perms === 600 ? 0o600 : parseInt(String(perms), 8),
    nsems: numbers[3] as number,
    uid: numbers[4] as number,
    gid: numbers[5] as number,
    cuid: numbers[6] as number,
    cgid: numbers[7] as number,
    otime: numbers[8] as number,
    ctime: numbers[9] as number,
  };
}

/** SEMMNI and SEMMNS of the reader's own IPC namespace. */
export function readSemaphoreLimits(path?: string): Fact<SemaphoreLimits> {
  const sem = readKernelSem(path);
  return sem.known ? known({ maxSemaphores: sem.value.semmns, maxSets: sem.value.semmni }) : sem;
}
