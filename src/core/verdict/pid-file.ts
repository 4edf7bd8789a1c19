import { type Fact, known, unknown } from '../fact.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * live: names a running httpd · stale: names nobody · foreign: names a process that is not httpd ·
 * unreadable: is there, but is no plain file with a pid in it.
 */
export type PidFileState = 'absent' | 'live' | 'stale' | 'foreign' | 'unreadable';

export interface PidFile {
  path: string;
  pid: number | null;
  state: PidFileState;
}

/**
 * What a pid file says, `content` being its pid, or null for no file. It proves nothing: the number may be another's by now.
 * Unknown when its process cannot be looked at.
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
    return unknown(`whether pid ${pid} of ${path} is httpd cannot be seen`);
  return known({
    path,
    pid,
    state: process?.isHttpd.known === true && process.isHttpd.value ? 'live' : 'foreign',
  });
}
