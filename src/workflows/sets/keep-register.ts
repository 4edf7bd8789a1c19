import { isNews, updateRegister } from '../../core/register/update-register.ts';
import { type Lineage, lineages } from '../../core/verdict/lineage.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import { type Done, done } from '../../core/done.ts';
import { keepRegister, keepStartRegister } from '../../host/state/register.ts';

/** The snapshot with a register that includes what this look saw. */
export function withSeen(snapshot: Snapshot, living: readonly Lineage[] = lineages(snapshot)): Snapshot {
  return { ...snapshot, register: updateRegister(snapshot, living) };
}

/** Writes the register of a snapshot, if it is news compared with `before`. Only root's looks are kept. */
export function keepSeen({ register }: Snapshot, before: Snapshot): Done<'not-written'> {
  const isRoots = process.geteuid?.() === 0;
  return isRoots && isNews(register, before.register) ? keepRegister(register) : done;
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
  const register = updateRegister(snapshot, living);
  const gone = new Set(removed);
  keepStartRegister({ ...register, seen: new Map([...register.seen].filter(([id]) => !gone.has(id))) });
}
