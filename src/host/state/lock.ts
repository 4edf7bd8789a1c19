import { closeSync, constants, fchmodSync, openSync } from 'node:fs';
import { type DoneWith, doneWith, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { makeFolder } from '../files/write-atomically.ts';
import { startTool } from '../exec/spawn-tool.ts';
import { steadyMs } from '../exec/steady-ms.ts';
import { LOCK_DIRECTORY } from './paths.ts';

const GOT = 'got\n';

/** The locks: about what is installed, and about recoveries by hand. */
export type Lock = 'install' | 'recover';

/** A recovery takes longer than an installation. */
const WAIT_S: Record<Lock, number> = { install: 30, recover: 120 };

/**
 * Calls `action` while no other httpd-guard process holds the lock. flock(1) holds it until this process closes its end of a
 * pipe, at the latest when it exits. Not done if the lock is not available in time, or cannot be
 * created.
 */
export async function withLock<T>(
  lock: Lock,
  action: () => Promise<T> | T,
): Promise<DoneWith<T, 'busy' | 'not-written'>> {
  const file = `${LOCK_DIRECTORY}/${lock}`;
  try {
    makeFile(file);
  } catch (error) {
    return notDone('not-written', `${file} cannot be written: ${errorReason(error)}`);
  }
  const holder = startTool(
    ['flock', '-w', String(WAIT_S[lock]), file, 'sh', '-c', 'echo got; exec cat'],
    steadyMs() + LONGEST_MS,
  );
  try {
    if ((await holder.output(GOT)).toString() !== GOT) {
      const { failure } = await holder.ended;
      return notDone('busy', `another httpd-guard process holds ${file}: ${failure ?? 'flock(1) exited'}`);
    }
    return doneWith(await action());
  } finally {
    holder.stdin?.end();
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
