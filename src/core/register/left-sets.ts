import type { Lineage } from '../verdict/lineage.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import { ClaimJudge } from './claim-judge.ts';
import type { Register } from './register.ts';

/**
 * How many sets the last run of a unit left behind, which proves that its master was killed: httpd removes them whenever it exits by
 * itself (apr: locks/unix/proc_mutex.c, a pool cleanup). 0 unless every set that only this run was seen to use is still there
 * and no process of the run is: a module of its own that never removes its set must not look like a kill.
 * `before` is the register before this look, which has the sets that are gone as well.
 */
export function setsLeftBy(
  { name, invocationId }: Pick<UnitFacts, 'name' | 'invocationId'>,
  before: Register,
  snapshot: Snapshot,
  living: readonly Lineage[],
): number {
  const { sets, visibility } = snapshot;
  if (invocationId === '' || !sets.known || !visibility.known) return 0;
  const claims = [...before.seen.values()].filter(
    ({ run, contested }) => run?.unit === name && run.invocationId === invocationId && !contested,
  );
  const present = new Map(sets.value.map((set) => [set.id, set]));
  const judge = new ClaimJudge(snapshot, living);
  const isLeft = claims.every(({ id }) => {
    const set = present.get(id);
    return set !== undefined && judge.ownerOf(set)?.living === false;
  });
  return isLeft ? claims.length : 0;
}
