import type { Fact } from '../fact.ts';
import type { Evidence } from '../evidence.ts';
import type { Judgement, Verdict } from './verdict.ts';

/** The result of a removal, or with `--dry-run` what would be removed. */
export interface CleanResult {
  removed: number[];
  kept: { id: number; verdict: Verdict; evidence: readonly Evidence[] }[];
  failed: { id: number; error: string }[];
}

/** The ids of orphaned sets, limited to `onlyIds` if given. */
export function toRemove(judgements: readonly Judgement[], onlyIds: ReadonlySet<number> | null): number[] {
  const ids: number[] = [];
  for (const { set, verdict } of judgements) {
    if (verdict === 'orphan' && (onlyIds === null || onlyIds.has(set.id))) ids.push(set.id);
  }
  return ids;
}

/** The requested ids that do not exist: removed already, or mistyped. */
export function missingIds(named: readonly number[], { removed, kept, failed }: CleanResult): number[] {
  const there = new Set([...removed, ...kept.map(({ id }) => id), ...failed.map(({ id }) => id)]);
  return named.filter((id) => !there.has(id));
}

/** The sets to report as kept: those that may be httpd's, or all of `onlyIds`. Foreign sets are reported only on request. */
export function toKeep(
  judgements: readonly Judgement[],
  onlyIds: ReadonlySet<number> | null,
): CleanResult['kept'] {
  return judgements
    .filter(({ set, verdict }) =>
      onlyIds === null
        ? verdict === 'in-use' || verdict === 'unsure'
        : onlyIds.has(set.id) && verdict !== 'orphan',
    )
    .map(({ set, verdict, evidence }) => ({ id: set.id, verdict, evidence }));
}

/**
 * The result of a removal, decided by the table read afterwards: an object that is not in it is removed, by whichever process (EINVAL
 * and EIDRM of a second removal are no errors). `complaints` are the errors of the tool.
 */
export function outcome(
  ids: readonly number[],
  after: Fact<readonly { id: number }[]>,
  complaints: readonly string[],
): Pick<CleanResult, 'removed' | 'failed'> {
  if (!after.known) {
    return {
      removed: [],
      failed: ids.map((id) => ({ id, error: `the result is unknown: ${after.why}` })),
    };
  }
  const there = new Set(after.value.map(({ id }) => id));
  const error = complaints[0] ?? 'it still exists, but no error was reported';
  return {
    removed: ids.filter((id) => !there.has(id)),
    failed: ids.filter((id) => there.has(id)).map((id) => ({ id, error })),
  };
}

/** The exit status: 0 none left, 1 some could not be removed, 3 an unsure set was kept, or one that was requested by id. */
export function cleanExitCode({ failed, kept }: CleanResult, named: boolean): 0 | 1 | 3 {
  if (failed.length > 0) return 1;
  return kept.some(({ verdict }) => named || verdict === 'unsure') ? 3 : 0;
}
