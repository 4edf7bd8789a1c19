import { statSync } from 'node:fs';

/** Whether two paths lead to one file, links followed. False if either cannot be read. */
export function isSameFile(one: string, other: string): boolean {
  try {
    const [a, b] = [statSync(one), statSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}
