import { rmSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { unfinishedPath } from '../files/write-atomically.ts';

/** Removes a drop-in and its directory if that is empty then, or a unit file. */
export function removeDropIn(path: string): void {
  for (const file of [path, unfinishedPath(path)]) rmSync(file, { force: true });
  if (!dirname(path).endsWith('.d')) return;
  try {
    rmdirSync(dirname(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}
