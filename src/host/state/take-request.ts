import { spawnSync } from 'node:child_process';
import { lstatSync, readSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorReason } from '../files/error-reason.ts';
import { useForeignFile } from '../files/foreign-file.ts';
import { REQUEST_DIRECTORY, RUN_DIRECTORY } from './paths.ts';
import { makeFolder, writeAtomically } from '../files/write-atomically.ts';

const TAKEN = `${RUN_DIRECTORY}/request`;
/** Owned by root; httpd-guard-recover.path watches it as well. */
const UNDER_WAY = `${RUN_DIRECTORY}/under-way`;
const MOST_BYTES = 8 * 1024;

/** Untrusted lines of the request; `stays` if the file could be neither moved nor removed. */
export interface TakenRequest {
  names: readonly string[];
  stays: StayingRequest | null;
}

export interface StayingRequest {
  /** Differs from that of the next request. */
  version: string;
  why: string;
}

/**
 * Takes the request of the watcher's user; null if there is none. It is moved away first, so that a later one triggers the next
 * run; if it cannot be moved, as out of another mount, it is removed after it was read. On a read-only file system it stays.
 * Anything but a small regular file is empty.
 */
export function takeRequest(directory = REQUEST_DIRECTORY, taken = TAKEN): TakenRequest | null {
  const request = `${directory}/request`;
  const version = versionOf(request);
  if (version === null) return null;
  try {
    makeFolder(dirname(taken));
    clear(taken);
    renameSync(request, taken);
    return { names: readSmall(taken), stays: null };
  } catch {
    const names = readSmall(request);
    try {
      clear(request);
      return { names, stays: null };
    } catch (error) {
      return { names, stays: { version, why: errorReason(error) } };
    }
  }
}

function versionOf(path: string): string | null {
  try {
    const { ino, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    return `${ino} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return null;
  }
}

function readSmall(path: string): string[] {
  try {
    return useForeignFile(path, 'no links', (fd) => {
      const bytes = Buffer.alloc(MOST_BYTES);
      return bytes.toString('latin1', 0, readSync(fd, bytes, 0, MOST_BYTES, 0)).split('\n');
    });
  } catch {
    return [];
  }
}

/** The path may be a directory whose owner is still writing to it: only rm(1) is safe against links created meanwhile. */
function clear(taken: string): void {
  if (lstatSync(taken, { throwIfNoEntry: false })?.isDirectory() === true)
    spawnSync('rm', ['-rf', '--one-file-system', '--', taken], {
      stdio: 'ignore',
      timeout: CLEAR_TIMEOUT_MS,
    });
  else if (lstatSync(taken, { throwIfNoEntry: false }) !== undefined) unlinkSync(taken);
}

const CLEAR_TIMEOUT_MS = 5_000;

/**
 * Writes the units of the current run, for the case that it is killed; an empty list removes the file. The request that they are
 * from is removed only then: before, it stands for them. Best effort.
 */
export function keepUnderWay(units: readonly string[], path = UNDER_WAY, taken = TAKEN): void {
  try {
    if (units.length === 0) rmSync(path, { force: true });
    else writeAtomically(path, units.join('\n'), 'unsynced');
    clear(taken);
  } catch {
    // Then the next change of state triggers the next run.
  }
}

/** The units of a run that was killed. They are returned once, so that a run that is killed again is not repeated. */
export function takeUnderWay(path = UNDER_WAY, taken = TAKEN): string[] {
  const units = [...readSmall(path), ...readSmall(taken)];
  keepUnderWay([], path, taken);
  return units;
}
