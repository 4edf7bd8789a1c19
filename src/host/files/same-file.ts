import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Whether two paths lead to one file, links followed. False if either cannot be read. */
export function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

/** The path without links in its folder, such as /var/run; as it is if there is no such folder. */
export function realFolderPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
