import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { REQUEST_DIRECTORY, RUN_DIRECTORY } from './paths.ts';
import { writeAtomically } from '../files/write-atomically.ts';

const TAKEN = `${RUN_DIRECTORY}/request`;
/** Root's own; httpd-guard-recover.path sees it too. */
const UNDER_WAY = `${RUN_DIRECTORY}/under-way`;
const MOST_BYTES = 8 * 1024;

/**
 * Takes the request: lines of text that anyone may have written who is the watcher's user. It is moved away first, so that
 * a later one starts the next look; where it cannot be moved, as out of a mount of its own, it is removed when it was read.
 * What is no small regular file is empty. Throws when it can neither be moved nor be removed.
 */
export function takeRequest(directory = REQUEST_DIRECTORY, taken = TAKEN): string[] {
  const request = `${directory}/request`;
  try {
    mkdirSync(dirname(taken), { recursive: true, mode: 0o755 });
    clear(taken);
    renameSync(request, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const names = readSmall(request);
    clear(request);
    return names;
  }
  return readSmall(taken);
}

function readSmall(path: string): string[] {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!fstatSync(fd).isFile()) return [];
      const bytes = Buffer.alloc(MOST_BYTES);
      return bytes.toString('latin1', 0, readSync(fd, bytes, 0, MOST_BYTES, 0)).split('\n');
    } finally {
      closeSync(fd);
    }
  } catch {
    return [];
  }
}

/** What lies there may be a directory whose owner still writes in it: only rm(1) is safe against links that come meanwhile. */
function clear(taken: string): void {
  if (lstatSync(taken, { throwIfNoEntry: false })?.isDirectory() === true)
    spawnSync('rm', ['-rf', '--one-file-system', '--', taken], {
      stdio: 'ignore',
      timeout: CLEAR_TIMEOUT_MS,
    });
  else rmSync(taken, { force: true });
}

const CLEAR_TIMEOUT_MS = 5_000;

/** Keeps which units are looked at now; none: the file goes. For one that is killed under way, and best effort for that. */
export function keepUnderWay(units: readonly string[], path = UNDER_WAY): void {
  try {
    if (units.length === 0) rmSync(path, { force: true });
    else writeAtomically(path, units.join('\n'));
  } catch {
    // Then the next change of state is the next reason to look.
  }
}

/** What a look that was killed had under way, once: who is killed again lets it be. */
export function takeUnderWay(path = UNDER_WAY): string[] {
  const units = readSmall(path);
  keepUnderWay([], path);
  return units;
}
