import { heldSets, unitNeed } from '../limits/kills-left.ts';
import type { Report } from './report.ts';

/**
 * How many kill -9 in a row httpd survives at least, if nothing is removed in between. Null if its mutexes are not in this
 * table, or if that is not known.
 */
export function killsLeft({ use, settings, unit, snapshot, lineages, judgements }: Report): number | null {
  if (!unit.known) return null;
  const held = heldSets(unit.value, snapshot, lineages, judgements);
  const { kills } = unitNeed({ unit: unit.value, settings, use, held, balancers: 0, guarded: true });
  return kills.leaks === true ? (kills.left ?? kills.least) : null;
}
