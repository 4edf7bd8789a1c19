import { dropPrivileges } from '../exec/drop-privileges.ts';
import { runTool } from '../exec/spawn-tool.ts';

/** The most ids for one ipcrm; halved whenever the kernel rejects the list as too long (E2BIG). */
const MOST_IDS = 64_000;

/** ipcrm's options for semaphore sets and for shared memory segments. */
export type IpcKind = 's' | 'm';

/**
 * Removes objects by their ids with ipcrm(1), as `creatorUid` and without capabilities: then the kernel refuses every object that
 * this user neither owns nor created (semctl(2) and shmctl(2), IPC_RMID), whatever the verdict. Returns the errors. Which
 * objects are gone is decided by the kernel's table.
 */
export async function removeByIpcrm(
  kind: IpcKind,
  ids: readonly number[],
  creatorUid: number,
  deadlineMs: number,
): Promise<string[]> {
  const errors: string[] = [];
  let size = MOST_IDS;
  for (let from = 0; from < ids.length;) {
    const chunk = ids.slice(from, from + size);
    const command = [...dropPrivileges(creatorUid), 'ipcrm', ...chunk.map((id) => `-${kind}${id}`)];
    const { failure, tooBig } = await runTool(command, deadlineMs);
    if (tooBig && size > 1) {
      size = Math.ceil(size / 2);
      continue;
    }
    if (failure !== null) errors.push(failure);
    from += chunk.length;
  }
  return errors;
}
