import { type Lineage, couldKnow } from '../verdict/lineage.ts';
import { mayBeMutexOf } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';

/** A living server that keeps sets from being called orphans, since it could know them. */
export interface BlockingServer {
  unit: string;
  /** How many it could know, its own among them. */
  sets: number;
}

/** The servers of other units that could know more sets than one needs: what a dead one left goes once they are restarted. */
export function blockingServers(
  { owner, sets }: Snapshot,
  living: readonly Lineage[],
  unit: string,
  needed: number,
): BlockingServer[] {
  if (!owner.known || !sets.known) return [];
  const candidates = sets.value.filter((set) => mayBeMutexOf(set, owner.value));
  return living.flatMap((lineage) => {
    const its = lineage.root.unit;
    if (lineage.role !== 'master' || !its.known || its.value === unit) return [];
    const known = candidates.filter((set) => couldKnow(lineage, set).could).length;
    return known > needed ? [{ unit: its.value, sets: known }] : [];
  });
}
