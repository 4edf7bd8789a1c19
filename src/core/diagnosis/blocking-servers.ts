import { type Lineage, couldKnow } from '../verdict/lineage.ts';
import { mayBeMutexOf } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';

/** A running server that keeps sets from being proven orphaned, since it could know them. */
export interface BlockingServer {
  unit: string;
  /** How many sets it could know, including its own. */
  sets: number;
}

/** The servers of other units that could know more sets than a server needs: once they are restarted, orphaned sets can be removed. */
export function blockingServers(
  { owner, sets }: Snapshot,
  living: readonly Lineage[],
  unit: string,
  needed: number,
): BlockingServer[] {
  if (!owner.known || !sets.known) return [];
  const candidates = sets.value.filter((set) => mayBeMutexOf(set, owner.value));
  return living.flatMap((lineage) => {
    const owner = lineage.root.unit;
    if (lineage.role !== 'master' || !owner.known || owner.value === unit) return [];
    const known = candidates.filter((set) => couldKnow(lineage, set).could).length;
    return known > needed ? [{ unit: owner.value, sets: known }] : [];
  });
}
