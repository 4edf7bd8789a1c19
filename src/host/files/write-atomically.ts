import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The name of the draft before the rename; a writer that is killed leaves it behind. */
export function unfinishedPath(path: string): string {
  return `${path}.new`;
}

/** Writes a file atomically and creates its folder. Throws the system's error. */
export function writeAtomically(path: string, text: string, mode = 0o644): void {
  const unfinished = unfinishedPath(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  // An old draft would keep its own mode.
  rmSync(unfinished, { force: true });
  try {
    writeFileSync(unfinished, text, { mode, flag: 'wx' });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
