import type { Fact } from './fact.ts';
import type { ProcessFacts } from './process-facts.ts';

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

/** What a pid file says, `content` being its pid, or null for no file. It proves nothing: the number may be another's by now. */
export function judgePidFile(
  path: string,
  content: Fact<number | null>,
  processes: readonly ProcessFacts[],
  alivePids: ReadonlySet<number>,
): PidFile {
  if (!content.known) return { path, pid: null, state: 'unreadable' };
  const pid = content.value;
  if (pid === null) return { path, pid, state: 'absent' };
  if (!alivePids.has(pid)) return { path, pid, state: 'stale' };
  const isHttpd = processes.some(
    (process) => process.pid === pid && process.isHttpd.known && process.isHttpd.value,
  );
  return { path, pid, state: isHttpd ? 'live' : 'foreign' };
}
