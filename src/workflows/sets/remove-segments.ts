import { type CleanResult, outcome } from '../../core/verdict/clean-result.ts';
import { type Fact, known } from '../../core/fact.ts';
import { type Segment, judgeSegment } from '../../core/verdict/segment.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import { writeEntry } from '../../host/output/write-entry.ts';
import { removeByIpcrm } from '../../host/sysvipc/remove-by-ipcrm.ts';
import { readSegments } from '../../host/sysvipc/tables.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { sendEvent } from '../send-event.ts';
import { readSnapshot } from './take-snapshot.ts';
import { clearedEntry } from '../../view/journal/cleared-entry.ts';
import type { Cleared, RemovalContext } from './remove-orphans.ts';
import { steadyMs } from '../../host/exec/steady-ms.ts';

export interface SegmentQuestion {
  owner: Fact<MutexOwner>;
  keys: ReadonlySet<number>;
  dryRun: boolean;
  systemd: SystemdSession;
  context: RemovalContext;
}

/** Removes orphaned shared memory segments with these keys, then writes a journal entry. The ids in the result are segment ids. */
export async function removeSegments({
  owner,
  keys,
  dryRun,
  systemd,
  context,
}: SegmentQuestion): Promise<Pick<Cleared, 'result' | 'entry'>> {
  const segments = await readSegments();
  if (!segments.known) return { result: segments, entry: null };
  const snapshot = await readSnapshot(owner, systemd);
  const judgements = segments.value
    .filter(({ key }) => keys.has(key))
    .map((segment) => judgeSegment(segment, snapshot));
  const orphans = judgements.filter(({ verdict }) => verdict === 'orphan').map(({ segment }) => segment);
  const ids = orphans.map(({ id }) => id);
  const kept = judgements
    .filter(({ verdict }) => verdict !== 'orphan')
    .map(({ segment, verdict, evidence }) => ({ id: segment.id, verdict, evidence }));
  if (dryRun || ids.length === 0) return { result: known({ removed: ids, kept, failed: [] }), entry: null };
  const complaints = await removeAll(orphans, systemd.deadlineMs);
  const result: CleanResult = { ...outcome(ids, await readSegments(), complaints), kept };
  const { unit, command, mostMs, config } = context;
  const fields = clearedEntry(result, unit, command, 'shared memory segment');
  const entry = await writeEntry(unit, fields, steadyMs() + mostMs);
  await sendEvent(unit, fields, config);
  return { result: known(result), entry };
}

/** Removes each segment as its creator: besides the owner, the only ordinary user whom the kernel allows that (shmctl(2), IPC_RMID). */
async function removeAll(segments: readonly Segment[], deadlineMs: number): Promise<string[]> {
  const errors: string[] = [];
  for (const creator of new Set(segments.map(({ cuid }) => cuid))) {
    const ids = segments.filter(({ cuid }) => cuid === creator).map(({ id }) => id);
    errors.push(...(await removeByIpcrm('m', ids, creator, deadlineMs)));
  }
  return errors;
}
