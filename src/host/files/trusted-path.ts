import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Writable by group or others; in a sticky directory they still cannot replace root's files (sticky(7): inode(7)). */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** The same for a file that may not exist yet: whether somebody other than root could create it. */
export function whyPathUntrusted(path: string): string | null {
  try {
    return whyUntrusted(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === '/') throw error;
    return isLink(path) ? `${path} is a dangling link` : whyPathUntrusted(dirname(path));
  }
}

/**
 * Why root must not trust a file, or null: somebody other than root could replace the file, or a directory or link on its path.
 * Throws the error of realpath(3) if it does not exist.
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
      return `${part} is writable by other users than root`;
    if (part === '/') return null;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
