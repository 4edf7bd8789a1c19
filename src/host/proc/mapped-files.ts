import { closeSync, openSync, readSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';

/** A file that a process maps (proc_pid_maps(5)). */
export interface MappedFile {
  path: string;
  /** The range of addresses, as the name of its link in /proc/PID/map_files. */
  range: string;
  /** Device and inode: equal for all mappings of one file. */
  identity: string;
  /** "MAJOR:MINOR" in decimal, as in /proc/PID/mountinfo. */
  device: string;
  /** All of its line but the range: " PERMISSIONS OFFSET DEVICE INODE PATH" and the end of the line. */
  mapping: string;
}

/** A large program with many libraries has about 100 KiB. */
const MOST_BYTES = 4 * 1024 * 1024;
/** The kernel returns at most a page for each read. */
const PIECE = Buffer.allocUnsafe(64 * 1024);
/** The kernel writes no more lines than asked for, and the program is in the first ones. */
const FIRST_BYTES = 512;

/**
 * Reads the lines of /proc/PID/maps piece by piece and calls `each` with whole lines, until it returns true. The mapped files are
 * not touched. A process can have any number of mappings with long paths, so reading ends at a limit: unknown beyond it, and if
 * `isLate`.
 */
export function readMaps(
  pid: number,
  each: (lines: string) => boolean,
  isLate: () => boolean,
): Fact<'read' | 'enough'> {
  let fd: number | undefined;
  try {
    fd = openSync(`/proc/${pid}/maps`, 'r');
    let begun = '';
    for (let total = 0; ;) {
      const read = readSync(fd, PIECE, 0, total === 0 ? FIRST_BYTES : PIECE.length, null);
      if (read === 0) return known('read');
      total += read;
      if (total > MOST_BYTES) return unknown(`process ${pid} has more mapped files than are read`);
      if (isLate()) return unknown(`there was no time left to read the mapped files of process ${pid}`);
      const text = begun + PIECE.toString('latin1', 0, read);
      const end = text.lastIndexOf('\n') + 1;
      begun = text.slice(end);
      if (each(text.slice(0, end))) return known('enough');
    }
  } catch (error) {
    return unknown(`the mapped files of process ${pid} cannot be read: ${errorReason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * The range is padded with zeros, in the name of the link it is not. Libraries are left out by name: they are no programs, and most
 * of the lines.
 */
const LINE = (permissions: string): RegExp =>
  new RegExp(
    String.raw`^0*([0-9a-f]+)-0*([0-9a-f]+)( ${permissions} [0-9a-f]+ ([0-9a-f]+):([0-9a-f]+) (\d+) +(/(?!.*\.so(?:\.[\w.]+)?(?: \(deleted\))?$).*))$`,
    'gm',
  );
const EXECUTABLE = LINE('..x.');
const ANY = LINE('....');

/** The mapped files in lines of maps that may be programs: those that are mapped to be executed, or all. */
export function parseMaps(lines: string, which: 'executable' | 'all'): MappedFile[] {
  return [...lines.matchAll(which === 'all' ? ANY : EXECUTABLE)].map(
    ([, from = '', to = '', mapping = '', major = '', minor = '', inode = '', path = '']) => ({
      path: path.endsWith(' (deleted)') ? path.slice(0, -' (deleted)'.length) : path,
      range: `${from}-${to}`,
      identity: `${major}:${minor}:${inode}`,
      device: `${parseInt(major, 16)}:${parseInt(minor, 16)}`,
      mapping: `${mapping}\n`,
    }),
  );
}
