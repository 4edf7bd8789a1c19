import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';

/**
 * Removes a directory and everything in it; symbolic links are removed, not followed. Does nothing if there is none.
 * Throws the error of the system call: fs.rmSync with `recursive` has an empty `code` in its errors since Node 24.
 */
export function removeTree(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) {
    unlinkSync(path);
    return;
  }
  for (const name of readdirSync(path)) removeTree(`${path}/${name}`);
  rmdirSync(path);
}
