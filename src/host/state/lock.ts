import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { type DoneWith, doneWith, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { makeFolder } from '../files/write-atomically.ts';
import { startTool } from '../exec/spawn-tool.ts';
import { steadyMs } from '../exec/steady-ms.ts';
import { LOCK_DIRECTORY } from './paths.ts';

const GOT = 'got\n';
/** flock(1), -E: the exit status if another process holds the lock. */
const HELD = 75;

/** The locks: about what is installed, and about what is done to one unit to recover it. */
export type Lock = 'install' | `recover-${string}`;

/** A recovery takes longer than an installation. */
const waitS = (lock: Lock): number => (lock === 'install' ? 30 : 60);

/** busy: another process holds it for too long. not-written: it cannot be taken here, as with /run full. */
export type NotLocked = 'busy' | 'not-written';

/**
 * Takes a lock as soon as no other httpd-guard process holds it; the value releases it. flock(1) holds it until this process closes
 * its end of a pipe, at the latest when it exits.
 */
export async function takeLock(lock: Lock): Promise<DoneWith<() => void, NotLocked>> {
  const file = `${LOCK_DIRECTORY}/${lock}`;
  try {
    makeFile(file);
  } catch (error) {
    return notDone('not-written', `${file} cannot be written: ${errorReason(error)}`);
  }
  const holder = startTool(
    ['flock', '-E', String(HELD), '-w', String(waitS(lock)), file, 'sh', '-c', 'echo got; exec cat'],
    steadyMs() + LONGEST_MS,
  );
  if ((await holder.output(GOT)).toString() === GOT) return doneWith(() => void holder.stdin?.end());
  const { failure, exitCode } = await holder.ended;
  return exitCode === HELD
    ? notDone('busy', `another httpd-guard process holds ${file}`)
    : notDone('not-written', `${file} cannot be locked: ${failure ?? 'flock ended'}`);
}

/** Calls `action` with the lock. Not done if the lock is not available in time, or cannot be taken. */
export async function withLock<T>(lock: Lock, action: () => Promise<T> | T): Promise<DoneWith<T, NotLocked>> {
  const taken = await takeLock(lock);
  if (!taken.ok) return taken;
  try {
    return doneWith(await action());
  } finally {
    taken.value();
  }
}

function makeFile(path: string): void {
  makeFolder(LOCK_DIRECTORY, 0o700);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  fchmodSync(fd, 0o600);
  closeSync(fd);
}

/** The longest time a lock is held; an installation takes seconds. */
const LONGEST_MS = 300_000;
