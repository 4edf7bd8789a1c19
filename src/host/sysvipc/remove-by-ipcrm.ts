import { dropPrivileges } from '../exec/drop-privileges.ts';
import { runTool } from '../exec/spawn-tool.ts';

/** The most ids one ipcrm is given; halved as often as the kernel finds the list too big. */
const MOST_IDS = 64_000;

/** ipcrm's letters for semaphore sets and for shared memory segments. */
export type IpcKind = 's' | 'm';

/**
 * Asks ipcrm to remove objects by their ids, as `makerUid` and with no capability at all: then the kernel itself refuses
 * whatever this user does not own and did not make (semctl(2) and shmctl(2), IPC_RMID), whatever we believe. Returns the
 * complaints. What is really gone only the kernel's table tells.
 */
export async function removeByIpcrm(
  kind: IpcKind,
  ids: readonly number[],
  makerUid: number,
  deadlineMs: number,
): Promise<string[]> {
  const complaints: string[] = [];
  let size = MOST_IDS;
  for (let from = 0; from < ids.length;) {
    const chunk = ids.slice(from, from + size);
    const command = [...dropPrivileges(makerUid), 'ipcrm', ...chunk.map((id) => `-${kind}${id}`)];
    const { failure, tooBig } = await runTool(command, deadlineMs);
    if (tooBig && size > 1) {
      size = Math.ceil(size / 2);
      continue;
    }
    if (failure !== null) complaints.push(failure);
    from += chunk.length;
  }
  return complaints;
}
