import { readFileSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';

/** The number of forks since boot (proc_stat(5), "processes"; threads are included). In a container it may be the host's. */
export function readForkCount(): Fact<number> {
  try {
    const count = /^processes (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
    return count === undefined
      ? unknown('/proc/stat does not show the number of forks')
      : known(Number(count));
  } catch (error) {
    return unknown(`/proc/stat cannot be read: ${errorReason(error)}`);
  }
}

/** The largest pid of this pid namespace, plus one (proc_sys_kernel(5)). */
export function readPidMax(): Fact<number> {
  try {
    return known(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')));
  } catch (error) {
    return unknown(`/proc/sys/kernel/pid_max cannot be read: ${errorReason(error)}`);
  }
}
