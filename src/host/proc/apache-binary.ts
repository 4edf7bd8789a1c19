import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { BINARY_TEXT, isMappedByHttpd } from '../../core/httpd/identity.ts';
import { errorReason } from '../files/error-reason.ts';

const BINARY_BYTES = Buffer.from(BINARY_TEXT);

/** Whether a process has httpd or APR among its mapped files (proc_pid_maps(5)). */
export function mapsHttpd(pid: number): Fact<boolean> {
  try {
    const paths = readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/ (\/.*?)(?: \(deleted\))?$/gm);
    return known([...paths].some(([, path = '']) => isMappedByHttpd(path)));
  } catch (error) {
    return unknown(`the mapped files of process ${pid} cannot be read: ${errorReason(error)}`);
  }
}

/** One buffer for all reads: it fits into the processor's cache, which makes reading faster. */
const PIECE = Buffer.allocUnsafe(256 * 1024);

const textByIdentity = new Map<string, Fact<boolean>>();

/**
 * Whether a process runs Apache httpd, by the content of its program file (proc_pid_exe(5)), even if that was replaced since.
 * `identity` is the file's device and inode: each file is read once.
 */
export function holdsApacheText(pid: number, identity: string): Fact<boolean> {
  const before = textByIdentity.get(identity);
  if (before !== undefined) return before;
  const fact = searchProgram(pid);
  // A file that could not be read through this process may be readable through the next.
  if (fact.known) textByIdentity.set(identity, fact);
  return fact;
}

function searchProgram(pid: number): Fact<boolean> {
  let fd: number | undefined;
  try {
    fd = openSync(`/proc/${pid}/exe`, 'r');
    return known(holds(fd));
  } catch (error) {
    return unknown(`the program of process ${pid} cannot be read: ${errorReason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function holds(fd: number): boolean {
  // The end of each chunk is kept in front of the next one, since the text may span both.
  let kept = 0;
  for (;;) {
    const read = readSync(fd, PIECE, kept, PIECE.length - kept, null);
    if (read === 0) return false;
    const piece = PIECE.subarray(0, kept + read);
    if (piece.includes(BINARY_BYTES)) return true;
    kept = Math.min(piece.length, BINARY_BYTES.length - 1);
    PIECE.copyWithin(0, piece.length - kept, piece.length);
  }
}
