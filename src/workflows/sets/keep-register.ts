import { isNews, updateRegister } from '../../core/register/update-register.ts';
import { type Lineage, lineages } from '../../core/verdict/lineage.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import { type Done, done } from '../../core/done.ts';
import { known } from '../../core/fact.ts';
import { readIpcNamespace } from '../../host/proc/proc-files.ts';
import { keepRegister, keepStartRegister } from '../../host/state/register.ts';

/** The snapshot with a register that includes what this look saw. */
export function withSeen(snapshot: Snapshot, living: readonly Lineage[] = lineages(snapshot)): Snapshot {
  return { ...snapshot, register: updateRegister(snapshot, living) };
}

/**
 * Whether this is the IPC namespace of process 1, the host's or a container's. The register is of one namespace: a command in
 * another one (unshare(1), PrivateIPC=yes) would replace it with that of a table that soon ends.
 */
function isTableOfInit(): boolean {
  try {
    return readIpcNamespace('self') === readIpcNamespace(1);
  } catch {
    return false;
  }
}

/** Writes the register of a snapshot, if it is news compared with `before`. Only root's looks are kept. */
export function keepSeen({ register }: Snapshot, before: Snapshot): Done<'not-written'> {
  const isRoots = process.geteuid?.() === 0;
  return isRoots && isNews(register, before.register) && isTableOfInit() ? keepRegister(register) : done;
}

/** Both; a register that cannot be written is none, so that age decides as before. */
export function remember(snapshot: Snapshot, living: readonly Lineage[] = lineages(snapshot)): Snapshot {
  const seen = withSeen(snapshot, living);
  keepSeen(seen, snapshot);
  return seen;
}

/** The look before a start: what is not in its list was made by this start or later. The start does not wait for a disk. */
export function rememberBeforeStart(
  snapshot: Snapshot,
  living: readonly Lineage[],
  removed: readonly number[],
): void {
  if (!isTableOfInit()) return;
  const gone = new Set(removed);
  const sets = snapshot.sets.known
    ? known(snapshot.sets.value.filter(({ id }) => !gone.has(id)))
    : snapshot.sets;
  keepStartRegister(updateRegister({ ...snapshot, sets }, living));
}
