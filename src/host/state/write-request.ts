import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { REQUEST_DIRECTORY } from './paths.ts';

// The only file that the watcher writes. The watcher must not import take-request.ts, which runs as root.

/**
 * Requests a recovery of units; httpd-guard-recover.path sees the file. On a full file system the file can only be empty, which
 * means all guarded units. Throws when it cannot be written.
 */
export function writeRequest(units: readonly string[], directory = REQUEST_DIRECTORY): void {
  try {
    writeFileSync(`${directory}/request.new`, units.join('\n'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    writeFileSync(`${directory}/request.new`, '');
  }
  // Before 246, systemd does not see that a file takes the place of another, only that it goes and that one comes.
  rmSync(`${directory}/request`, { force: true });
  renameSync(`${directory}/request.new`, `${directory}/request`);
}

/** The units of a request that was not taken yet; none if there is no request. */
export function waitingRequest(directory = REQUEST_DIRECTORY): string[] {
  try {
    return readFileSync(`${directory}/request`, 'latin1').split('\n');
  } catch {
    return [];
  }
}
