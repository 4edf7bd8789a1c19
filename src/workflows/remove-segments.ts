import { type CleanResult, outcome } from '../core/verdict/clean-result.ts';
import { type Fact, known } from '../core/fact.ts';
import { type Segment, judgeSegment } from '../core/verdict/segment.ts';
import type { MutexOwner } from '../core/verdict/semaphore-set.ts';
import { writeEntry } from '../host/output/write-entry.ts';
import { removeByIpcrm } from '../host/sysvipc/remove-by-ipcrm.ts';
import { readSegments } from '../host/sysvipc/tables.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';
import { lookOnce } from './take-snapshot.ts';
import { clearedEntry } from '../view/cleared-entry.ts';
import type { Cleared, RemovalContext } from './remove-orphans.ts';

export interface SegmentQuestion {
  owner: Fact<MutexOwner>;
  keys: ReadonlySet<number>;
  dryRun: boolean;
  systemd: SystemdSession;
  context: RemovalContext;
}

/** Removes the shared memory segments of these keys that are orphans; ids in the result are theirs. Then tells the journal. */
export async function removeSegments({
  owner,
  keys,
  dryRun,
  systemd,
  context,
}: SegmentQuestion): Promise<Pick<Cleared, 'result' | 'untold'>> {
  const segments = await readSegments();
  if (!segments.known) return { result: segments, untold: null };
  const snapshot = await lookOnce(owner, systemd);
  const judgements = segments.value
    .filter(({ key }) => keys.has(key))
    .map((segment) => judgeSegment(segment, snapshot));
  const orphans = judgements.filter(({ verdict }) => verdict === 'orphan').map(({ segment }) => segment);
  const ids = orphans.map(({ id }) => id);
  const kept = judgements
    .filter(({ verdict }) => verdict !== 'orphan')
    .map(({ segment, verdict, evidence }) => ({ id: segment.id, verdict, evidence }));
  if (dryRun || ids.length === 0) return { result: known({ removed: ids, kept, failed: [] }), untold: null };
  const complaints = await removeAll(orphans, systemd.deadlineMs);
  const result: CleanResult = { ...outcome(ids, await readSegments(), complaints), kept };
  const { unit, command, mostMs } = context;
  const entry = clearedEntry(result, unit, command, 'shared memory segment');
  return { result: known(result), untold: await writeEntry(unit, entry, performance.now() + mostMs) };
}

/** Each as its maker, whom alone, beside its owner, the kernel lets remove it (shmctl(2), IPC_RMID). */
async function removeAll(segments: readonly Segment[], deadlineMs: number): Promise<string[]> {
  const complaints: string[] = [];
  for (const maker of new Set(segments.map(({ cuid }) => cuid))) {
    const ids = segments.filter(({ cuid }) => cuid === maker).map(({ id }) => id);
    complaints.push(...(await removeByIpcrm('m', ids, maker, deadlineMs)));
  }
  return complaints;
}
