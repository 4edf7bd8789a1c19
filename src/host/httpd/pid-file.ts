import { readSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import { useForeignFile } from '../files/foreign-file.ts';

const MOST_BYTES = 32;

/** The pid in a pid file; null when there is no file. A link, a pipe, a directory or anything but one number is unknown. */
export function readPidFile(path: string): Fact<number | null> {
  try {
    // Follows no link, since its directory may belong to another user.
    return useForeignFile(path, 'no links', (fd, { size }) => {
      if (size > MOST_BYTES)
        return unknown(`pid file ${path} has ${size} bytes, which is too long for a pid`);
      const buffer = Buffer.alloc(MOST_BYTES);
      const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, MOST_BYTES, 0));
      const match = /^([1-9]\d*)\s*$/.exec(text);
      return match === null ? unknown(`pid file ${path} contains no pid`) : known(Number(match[1]));
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return known(null);
    return unknown(`pid file ${path} cannot be read: ${errorReason(error)}`);
  }
}
