import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { draftPath, removeDeadDrafts } from './drafts.ts';

/**
 * synced: the file is there after a crash, as it was or as it is now (fsync(2): before the rename for the content, after it for
 * the name). unsynced: it may be empty or missing then; for files that are written while httpd waits, on a disk that may be
 * overloaded, and whose readers take an empty one for none.
 */
export type Durability = 'synced' | 'unsynced';

/** Writes a file atomically and creates its folder. Throws the system's error. */
export function writeAtomically(path: string, text: string, durability: Durability, mode = 0o644): void {
  const draft = draftPath(path);
  const folder = dirname(path);
  const firstMade = makeFolder(folder);
  removeDeadDrafts(folder);
  try {
    const fd = openSync(draft, 'wx', mode);
    try {
      writeFileSync(fd, text);
      if (durability === 'synced') fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  if (durability === 'unsynced') return;
  syncFolder(folder);
  if (firstMade !== undefined) syncFolder(dirname(firstMade));
}

/** Creates a folder and those above it; the first one that was made. Throws the system's error. */
export function makeFolder(path: string, mode = 0o755): string | undefined {
  try {
    return mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    // On a read-only file system Node reports that the folder does not exist (src/node_file.cc, MKDirpSync): mkdir(2) knows why.
    mkdirSync(path, { mode });
    throw error;
  }
}

/** Not every file system can sync a folder (EINVAL); the file is written all the same. */
function syncFolder(path: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    fsyncSync(fd);
  } catch {
    // Then a crash in the next seconds may bring back the previous file.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
