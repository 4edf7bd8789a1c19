import { type DoneWith, doneWith, notDone } from '../../core/done.ts';
import { startTool } from '../exec/spawn-tool.ts';

const FILE = '/run/httpd-guard.lock';
const WAIT_S = 30;
const GOT = 'got\n';

/**
 * Does something while no other guard does such a thing: flock(1) holds the lock for as long as this process keeps its end of
 * a pipe, and so not longer than it lives. Not done when the lock is not to be had within half a minute.
 */
export async function withLock<T>(deed: () => Promise<T> | T): Promise<DoneWith<T, 'busy'>> {
  const holder = startTool(
    ['flock', '-w', String(WAIT_S), FILE, 'sh', '-c', 'echo got; exec cat'],
    performance.now() + LONGEST_MS,
  );
  try {
    if ((await holder.output(GOT)).toString() !== GOT) {
      const { failure } = await holder.ended;
      return notDone('busy', `another guard is at work (${FILE}): ${failure ?? 'flock(1) ended'}`);
    }
    return doneWith(await deed());
  } finally {
    holder.stdin?.end();
  }
}

/** An install takes seconds. */
const LONGEST_MS = 300_000;
