import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { LogFile } from '../../core/logs/lines-of-run.ts';
import { errorReason } from '../files/error-reason.ts';

/** The last words of a run are at the end; a burst before them is not needed. */
const MOST_BYTES = 256 * 1024;

/**
 * The last lines of an ErrorLog, the oldest first, when it was written to since `sinceMs` (wall clock); however large it is,
 * 256 KiB are read. Never waits for a pipe's writer, and follows no link: its folder may belong to another than root.
 */
export function readErrorLogEnd(path: string, sinceMs: number): Fact<LogFile> {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return unknown(`${path} is no regular file`);
    // File times are as coarse as the kernel's tick.
    const { mtimeMs } = stat;
    if (mtimeMs < sinceMs - 100) return known({ lines: [], mtimeMs });
    const begin = Math.max(0, stat.size - MOST_BYTES);
    const bytes = Buffer.alloc(Math.min(stat.size, MOST_BYTES));
    const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, begin));
    const lines = text.split('\n');
    // The first may have lost its beginning.
    const whole = (begin > 0 ? lines.slice(1) : lines).filter((line) => line !== '');
    return known({ lines: whole, mtimeMs });
  } catch (error) {
    return unknown(`${path} cannot be read: ${errorReason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
