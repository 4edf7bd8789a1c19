import { runTool } from './spawn-tool.ts';

/** The most ids one ipcrm is given; halved as often as the kernel finds the list too big. */
const MOST_IDS = 64_000;

/** setpriv(1): a user without any capability. */
const dropTo = (uid: number): string[] => [
  `--reuid=${uid}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
  '--no-new-privs',
];

/**
 * Asks ipcrm to remove the sets, as `starterUid` and with no capability at all: then the kernel itself refuses every set
 * that this user did not make (semctl(2), IPC_RMID), whatever we believe. Returns the complaints. What is really gone only
 * the table tells.
 */
export async function removeSets(
  ids: readonly number[],
  starterUid: number,
  deadlineMs: number,
): Promise<string[]> {
  const complaints: string[] = [];
  let size = MOST_IDS;
  for (let from = 0; from < ids.length;) {
    const chunk = ids.slice(from, from + size);
    const args = [...dropTo(starterUid), 'ipcrm', ...chunk.map((id) => `-s${id}`)];
    const { failure, tooBig } = await runTool('setpriv', args, deadlineMs);
    if (tooBig && size > 1) {
      size = Math.ceil(size / 2);
      continue;
    }
    if (failure !== null) complaints.push(failure);
    from += chunk.length;
  }
  return complaints;
}
