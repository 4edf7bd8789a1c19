import { rmSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeDeadDrafts } from '../files/drafts.ts';

/** Removes a drop-in and its directory if that is empty then, or a unit file; with what killed writers left beside it. */
export function removeDropIn(path: string): void {
  const folder = dirname(path);
  rmSync(path, { force: true });
  try {
    removeDeadDrafts(folder);
    if (folder.endsWith('.d')) rmdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  }
}
