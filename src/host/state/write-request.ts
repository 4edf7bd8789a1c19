import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { REQUEST_DIRECTORY } from './paths.ts';

// All that the watcher writes. It must not reach what takes the request (take-request.ts), which is root's.

/** Requests a recovery of units; httpd-guard-recover.path sees the file. Throws when it cannot be written. */
export function writeRequest(units: readonly string[], directory = REQUEST_DIRECTORY): void {
  writeFileSync(`${directory}/request.new`, units.join('\n'));
  renameSync(`${directory}/request.new`, `${directory}/request`);
}

/** The units of a request that was not taken yet. */
export function waitingRequest(directory = REQUEST_DIRECTORY): string[] {
  try {
    return readFileSync(`${directory}/request`, 'latin1').split('\n');
  } catch {
    return [];
  }
}
