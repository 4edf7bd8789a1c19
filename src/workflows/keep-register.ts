import { hasSameClaims, updateRegister } from '../core/register/update-register.ts';
import { type Lineage, lineages } from '../core/verdict/lineage.ts';
import type { Snapshot } from '../core/verdict/snapshot.ts';
import { type Done, done } from '../core/done.ts';
import { keepRegister } from '../host/state/register.ts';

/** The snapshot with a register that includes what this look saw. */
export function withSeen(snapshot: Snapshot, living: readonly Lineage[]): Snapshot {
  return { ...snapshot, register: updateRegister(snapshot.register, snapshot, living) };
}

/** Writes the register of a snapshot, if it is news compared with `before`. Only root's looks are kept. */
export function keepSeen({ register }: Snapshot, before: Snapshot): Done<'not-written'> {
  const isRoots = process.geteuid?.() === 0;
  return isRoots && !hasSameClaims(register, before.register) ? keepRegister(register) : done;
}

/** Both; a register that cannot be written is none, so that age decides as before. */
export function remember(snapshot: Snapshot, living: readonly Lineage[] = lineages(snapshot)): Snapshot {
  const seen = withSeen(snapshot, living);
  keepSeen(seen, snapshot);
  return seen;
}
