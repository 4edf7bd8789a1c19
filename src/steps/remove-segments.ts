import { type CleanResult, outcome } from '../core/clean-result.ts';
import { type Fact, known } from '../core/fact.ts';
import { judgeSegment } from '../core/segment.ts';
import type { MutexOwner } from '../core/semaphore-set.ts';
import { removeByIpcrm } from '../host/remove-by-ipcrm.ts';
import { readSegments } from '../host/sysvipc.ts';
import { lookOnce } from '../host/take-snapshot.ts';

export interface SegmentQuestion {
  owner: Fact<MutexOwner>;
  keys: ReadonlySet<number>;
  dryRun: boolean;
  /** On performance.now()'s clock. */
  deadlineMs: number;
}

/** Removes the shared memory segments of these keys that are orphans; ids in the result are theirs. */
export async function removeSegments({
  owner,
  keys,
  dryRun,
  deadlineMs,
}: SegmentQuestion): Promise<Fact<CleanResult>> {
  const segments = await readSegments();
  if (!segments.known) return segments;
  const snapshot = await lookOnce(owner, deadlineMs);
  const judgements = segments.value
    .filter(({ key }) => keys.has(key))
    .map((segment) => judgeSegment(segment, snapshot));
  const ids = judgements.filter(({ verdict }) => verdict === 'orphan').map(({ segment }) => segment.id);
  const kept = judgements
    .filter(({ verdict }) => verdict !== 'orphan')
    .map(({ segment, verdict, evidence }) => ({ id: segment.id, verdict, evidence }));
  if (dryRun || ids.length === 0) return known({ removed: ids, kept, failed: [] });
  const complaints = await removeByIpcrm('m', ids, owner.known ? owner.value.starterUid : 0, deadlineMs);
  return known({ ...outcome(ids, await readSegments(), complaints), kept });
}
