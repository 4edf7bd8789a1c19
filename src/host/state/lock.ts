import { type DoneWith, doneWith, notDone } from '../../core/done.ts';
import { startTool } from '../exec/spawn-tool.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const FILE = '/run/httpd-guard.lock';
const WAIT_S = 30;
const GOT = 'got\n';

/**
 * Calls `action` while no other httpd-guard process holds the lock. flock(1) holds it until this process closes its end of a
 * pipe, at the latest when it exits. Not done if the lock is not available within half a minute.
 */
export async function withLock<T>(action: () => Promise<T> | T): Promise<DoneWith<T, 'busy'>> {
  const holder = startTool(
    ['flock', '-w', String(WAIT_S), FILE, 'sh', '-c', 'echo got; exec cat'],
    steadyMs() + LONGEST_MS,
  );
  try {
    if ((await holder.output(GOT)).toString() !== GOT) {
      const { failure } = await holder.ended;
      return notDone('busy', `another httpd-guard process holds ${FILE}: ${failure ?? 'flock(1) exited'}`);
    }
    return doneWith(await action());
  } finally {
    holder.stdin?.end();
  }
}

/** The longest time the lock is held; an install takes seconds. */
const LONGEST_MS = 300_000;
