import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

/** RuntimeDirectory of the watcher, whose user may write in it, but cannot replace it. */
const DIRECTORY = '/run/httpd-guard-watch';
const TAKEN = '/run/httpd-guard/request';
const MOST_BYTES = 8 * 1024;

/** Asks for a look at units; httpd-guard-recover.path sees the file. */
export function writeRequest(units: readonly string[], directory = DIRECTORY): void {
  writeFileSync(`${directory}/request.new`, units.join('\n'));
  renameSync(`${directory}/request.new`, `${directory}/request`);
}

/** The units of a request that nobody took yet. */
export function waitingRequest(directory = DIRECTORY): string[] {
  try {
    return readFileSync(`${directory}/request`, 'latin1').split('\n');
  } catch {
    return [];
  }
}

/**
 * Takes the request: lines of text that anyone may have written who is the watcher's user. It is moved away first, so that
 * a later one starts the next look. Throws when it cannot be moved; what is no small regular file is empty.
 */
export function takeRequest(directory = DIRECTORY, taken = TAKEN): string[] {
  mkdirSync(taken.slice(0, taken.lastIndexOf('/')), { recursive: true, mode: 0o755 });
  clear(taken);
  try {
    renameSync(`${directory}/request`, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const fd = openSync(taken, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
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
