import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { REQUEST_DIRECTORY } from './paths.ts';

// The only file that the watcher writes. The watcher must not import take-request.ts, which runs as root.

/**
 * Requests a recovery of units; httpd-guard-recover.path sees the file. On a full file system the file can only be empty, which
 * means all guarded units. Throws when it cannot be written.
 */
export function writeRequest(units: readonly string[], directory = REQUEST_DIRECTORY): void {
  const draft = draftIn(directory);
  try {
    writeFileSync(draft, units.join('\n'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    writeFileSync(draft, '');
  }
  restoreRequest(directory);
}

/** Turns the request back into its draft. Throws if there is none. */
export function withdrawRequest(directory = REQUEST_DIRECTORY): void {
  renameSync(`${directory}/request`, draftIn(directory));
}

/** Turns the draft into the request. Throws if there is none. */
export function restoreRequest(directory = REQUEST_DIRECTORY): void {
  renameSync(draftIn(directory), `${directory}/request`);
}

function draftIn(directory: string): string {
  return `${directory}/request.new`;
}

/** The units of a request that was not taken yet; none if there is no request. */
export function waitingRequest(directory = REQUEST_DIRECTORY): string[] {
  try {
    return readFileSync(`${directory}/request`, 'latin1').split('\n');
  } catch {
    return [];
  }
}
