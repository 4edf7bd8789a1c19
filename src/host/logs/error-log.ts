import { readSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { LogFile } from '../../core/logs/lines-of-run.ts';
import { errorReason } from '../files/error-reason.ts';
import { useForeignFile } from '../files/foreign-file.ts';

/** How much is read at the end, where the last lines of a run are. */
const MOST_BYTES = 256 * 1024;

/**
 * The last lines of an ErrorLog, oldest first; none if it was not written to since `sinceMs` (milliseconds since 1970). Reads at
 * most 256 KiB, does not wait for a pipe's writer, and follows no link, since the folder may belong to another user.
 */
export function readErrorLogEnd(path: string, sinceMs: number): Fact<LogFile> {
  try {
    return useForeignFile(path, 'no links', (fd, { size, mtimeMs }) => {
      // File times have the resolution of the kernel's tick.
      if (mtimeMs < sinceMs - 100) return known({ lines: [], mtimeMs });
      const begin = Math.max(0, size - MOST_BYTES);
      const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
      const text = bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, begin));
      const lines = text.split('\n');
      // The first line may be incomplete.
      const whole = (begin > 0 ? lines.slice(1) : lines).filter((line) => line !== '');
      return known({ lines: whole, mtimeMs });
    });
  } catch (error) {
    return unknown(`${path} cannot be read: ${errorReason(error)}`);
  }
}
