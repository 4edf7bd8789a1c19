import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';

const MOST_BYTES = 32;

/** The pid in a pid file; null when there is no file. A link, a pipe, a directory or anything but one number is unknown. */
export function readPidFile(path: string): Fact<number | null> {
  let fd: number;
  try {
    // Does not wait for a pipe's writer and follows no link, since its directory may belong to another user.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return known(null);
    return unknown(`pid file ${path} cannot be read: ${errorReason(error)}`);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return unknown(`pid file ${path} is not a regular file`);
    if (stat.size > MOST_BYTES)
      return unknown(`pid file ${path} has ${stat.size} bytes, which is too long for a pid`);
    const buffer = Buffer.alloc(MOST_BYTES);
    const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, MOST_BYTES, 0));
    const match = /^([1-9]\d*)\s*$/.exec(text);
    return match === null ? unknown(`pid file ${path} contains no pid`) : known(Number(match[1]));
  } catch (error) {
    return unknown(`pid file ${path} cannot be read: ${errorReason(error)}`);
  } finally {
    closeSync(fd);
  }
}
