import type { ProcessFacts } from './process-facts.ts';
import type { MutexOwner } from './semaphore-set.ts';

type Origin = Pick<ProcessFacts, 'uids' | 'startedAs'>;

/**
 * Whether a process can know sets of this owner. Only a process of the user that starts httpd can make them, and an IPC_PRIVATE
 * id is inherited by fork(2) alone: execve(2) replaces the memory that holds it. So a process that executed its program as
 * another user, like every process it was forked from since, knows none. True unless that is proven.
 */
export function canKnowSets(process: Origin, { starterUid }: MutexOwner): boolean {
  return wasEverAnyOf(process, [0, starterUid]);
}

/**
 * Whether a process can have operated on sets of this owner (mode 0600: ipc/util.c, ipcperms), and so be their last user. If
 * not, it only has the pid of the last user, which has exited. True unless that is proven.
 */
export function canOperateOnSets(process: Origin, { uid, starterUid }: MutexOwner): boolean {
  return wasEverAnyOf(process, [0, uid, starterUid]);
}

function wasEverAnyOf({ uids, startedAs }: Origin, which: readonly number[]): boolean {
  return !startedAs.known || [...uids, ...startedAs.value].some((uid) => which.includes(uid));
}
