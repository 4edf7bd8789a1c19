import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Group or others may write; a sticky directory lets them not replace what is root's. */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** The same for a file that may not be there yet: who could put it there? */
export function distrustOfWay(path: string): string | null {
  try {
    return distrust(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === '/') throw error;
    return distrustOfWay(dirname(path));
  }
}

/**
 * What keeps a file from being trusted with root's rights, or null: someone but root could replace it, or a directory on
 * the way to it. Throws what realpath(2) and stat(2) do when it is not there.
 */
export function distrust(path: string): string | null {
  for (let part = realpathSync(path); ; part = dirname(part)) {
    const { uid, mode } = statSync(part);
    if (uid !== 0) return `${part} belongs to uid ${uid}`;
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0)
      return `${part} can be written by others than root`;
    if (part === '/') return null;
  }
}
