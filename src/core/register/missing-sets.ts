import type { UnitFacts } from '../units/unit-facts.ts';
import { isInspected } from '../verdict/semaphore-set.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import type { Judgement } from '../verdict/verdict.ts';

/** A running server with fewer sets than a run of its unit had since boot. */
export interface MissingSets {
  /** The most that it can have. */
  has: number;
  had: number;
  /** The daemon groups of mod_wsgi, in the order of the configuration. */
  wsgiGroups: readonly string[];
}

/** Null if it may have as many. A set without a proven owner counts as its own, so that none is missed by mistake. */
export function missingSets(
  { name, invocationId }: UnitFacts,
  { owner, register, visibility }: Snapshot,
  judgements: readonly Judgement[],
): Pick<MissingSets, 'has' | 'had'> | null {
  const had = register.most.get(name) ?? 0;
  if (!owner.known || !visibility.known || had === 0) return null;
  const isOfOther = (id: number): boolean => {
    const { run = null, contested = false } = register.seen.get(id) ?? {};
    return run !== null && !contested && (run.unit !== name || run.invocationId !== invocationId);
  };
  const has = judgements.filter(
    ({ set, verdict }) => verdict !== 'orphan' && isInspected(set, owner.value) && !isOfOther(set.id),
  ).length;
  return has < had ? { has, had } : null;
}
