import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where a file is written before it takes its place; one that was killed leaves it. */
export function unfinishedPath(path: string): string {
  return `${path}.new`;
}

/** Writes a file whole or not at all, and the folder it lies in: it may be read at any time. Throws what the system says. */
export function writeAtomically(path: string, text: string, mode = 0o644): void {
  const unfinished = unfinishedPath(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  // What was left of another try keeps its own mode.
  rmSync(unfinished, { force: true });
  try {
    writeFileSync(unfinished, text, { mode, flag: 'wx' });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
