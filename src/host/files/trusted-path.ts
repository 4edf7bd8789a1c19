import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Group or others may write; a sticky directory lets them not replace what is root's. */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** The same for a file that may not be there yet: who could put it there? */
export function whyWayUntrusted(path: string): string | null {
  try {
    return whyUntrusted(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === '/') throw error;
    return isLink(path) ? `${path} is a link to nothing` : whyWayUntrusted(dirname(path));
  }
}

/**
 * What keeps a file from being trusted with root's rights, or null: someone but root could replace it, or a directory or a
 * link on the way to it. Throws what realpath(2) does when it is not there.
 */
export function whyUntrusted(path: string): string | null {
  return distrustOf(realpathSync(path)) ?? distrustOf(resolve(path));
}

function distrustOf(path: string): string | null {
  for (let part = path; ; part = dirname(part)) {
    const status = lstatSync(part);
    if (status.uid !== 0) return `${part} belongs to uid ${status.uid}`;
    if (status.isSymbolicLink()) {
      const why = distrustOf(resolve(dirname(part), readlinkSync(part)));
      if (why !== null) return why;
    } else if ((status.mode & WRITABLE_BY_OTHERS) !== 0 && (status.mode & STICKY) === 0)
      return `${part} can be written by others than root`;
    if (part === '/') return null;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
