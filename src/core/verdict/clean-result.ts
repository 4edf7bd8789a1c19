import type { Fact } from '../fact.ts';
import type { Evidence } from '../evidence.ts';
import type { Judgement, Verdict } from './verdict.ts';

/** What a cleaning did, or with `--dry-run` would do. */
export interface CleanResult {
  removed: number[];
  kept: { id: number; verdict: Verdict; evidence: readonly Evidence[] }[];
  failed: { id: number; error: string }[];
}

/** The ids to remove: of sets called orphan, and of these only the wanted when some are named. */
export function toRemove(judgements: readonly Judgement[], wanted: ReadonlySet<number> | null): number[] {
  const ids: number[] = [];
  for (const { set, verdict } of judgements) {
    if (verdict === 'orphan' && (wanted === null || wanted.has(set.id))) ids.push(set.id);
  }
  return ids;
}

/** Ids that were named and are in no table: gone already, or a slip of the pen. */
export function notThere(named: readonly number[], { removed, kept, failed }: CleanResult): number[] {
  const there = new Set([...removed, ...kept.map(({ id }) => id), ...failed.map(({ id }) => id)]);
  return named.filter((id) => !there.has(id));
}

/** Sets that stay although they may be httpd's, and any that were named: foreign sets are nobody's business else. */
export function toKeep(
  judgements: readonly Judgement[],
  wanted: ReadonlySet<number> | null,
): CleanResult['kept'] {
  return judgements
    .filter(({ set, verdict }) =>
      wanted === null
        ? verdict === 'in-use' || verdict === 'unsure'
        : wanted.has(set.id) && verdict !== 'orphan',
    )
    .map(({ set, verdict, evidence }) => ({ id: set.id, verdict, evidence }));
}

/**
 * What became of the objects that were to go, by the ids in the table read afterwards: what is not in it is gone, whoever
 * did it (EINVAL and EIDRM of a second removal are no errors).
 */
export function outcome(
  ids: readonly number[],
  after: Fact<readonly { id: number }[]>,
  complaints: readonly string[],
): Pick<CleanResult, 'removed' | 'failed'> {
  if (!after.known) {
    return {
      removed: [],
      failed: ids.map((id) => ({ id, error: `whether it is gone is not known: ${after.why}` })),
    };
  }
  const there = new Set(after.value.map(({ id }) => id));
  const error = complaints[0] ?? 'it is still there, without a complaint of ipcrm';
  return {
    removed: ids.filter((id) => !there.has(id)),
    failed: ids.filter((id) => there.has(id)).map((id) => ({ id, error })),
  };
}

/** 0 none left · 1 some could not be removed · 3 something was kept that is not certain, or that was named. */
export function cleanExitCode({ failed, kept }: CleanResult, named: boolean): 0 | 1 | 3 {
  if (failed.length > 0) return 1;
  return kept.some(({ verdict }) => named || verdict === 'unsure') ? 3 : 0;
}
