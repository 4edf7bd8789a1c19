import { type Fact, known, unknown } from '../fact.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * live: names a running httpd. stale: names no process. foreign: names a process that is not httpd.
 * unreadable: exists, but is not a regular file with a pid in it.
 */
export type PidFileState = 'absent' | 'live' | 'stale' | 'foreign' | 'unreadable';

export interface PidFile {
  path: string;
  pid: number | null;
  state: PidFileState;
}

/**
 * The state of a pid file; `content` is its pid, or null if there is no file. It proves nothing, since pids are reused. Unknown
 * if the process cannot be read.
 */
export function judgePidFile(
  path: string,
  content: Fact<number | null>,
  { processes, alivePids, visibility }: Snapshot,
): Fact<PidFile> {
  if (!content.known) return known({ path, pid: null, state: 'unreadable' });
  const pid = content.value;
  if (pid === null) return known({ path, pid, state: 'absent' });
  if (!alivePids.has(pid)) return known({ path, pid, state: 'stale' });
  const process = processes.find((one) => one.pid === pid);
  if (process === undefined ? !visibility.known : !process.isHttpd.known)
    return unknown(`${path} names process ${pid}, of which it is unknown whether it is httpd`);
  return known({
    path,
    pid,
    state: process?.isHttpd.known === true && process.isHttpd.value ? 'live' : 'foreign',
  });
}
