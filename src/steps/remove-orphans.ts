import { type CleanResult, outcome, toKeep, toRemove } from '../core/clean-result.ts';
import { type Fact, known } from '../core/fact.ts';
import type { MutexOwner } from '../core/semaphore-set.ts';
import { judge } from '../core/verdict.ts';
import { SemaphoreTool } from '../host/semaphore-tool.ts';
import { readSemaphoreSets } from '../host/sysvipc.ts';
import { takeSnapshot } from '../host/take-snapshot.ts';

export interface CleanQuestion {
  owner: Fact<MutexOwner>;
  /** Ids to limit it to, or null for all. The verdict is required all the same. */
  wanted: ReadonlySet<number> | null;
  dryRun: boolean;
  /** On performance.now()'s clock. */
  deadlineMs: number;
}

/**
 * Looks, judges, and removes at once what is orphan: no wait lies between verdict and removal. The ids of new sets differ from all that were judged, since
 * the kernel counts a sequence number into each (kernel: ipc/util.c, ipc_idr_alloc), so a start that slips in cannot be
 * hit. Unknown when the table cannot be read.
 */
export async function removeOrphans({
  owner,
  wanted,
  dryRun,
  deadlineMs,
}: CleanQuestion): Promise<Fact<CleanResult>> {
  const tool = owner.known ? new SemaphoreTool(owner.value, deadlineMs) : null;
  try {
    const snapshot = await takeSnapshot({ owner, tool, deadlineMs });
    if (!snapshot.sets.known) return snapshot.sets;
    const judgements = judge(snapshot);
    const ids = toRemove(judgements, wanted);
    const kept = toKeep(judgements, wanted);
    if (dryRun || tool === null || ids.length === 0) return known({ removed: ids, kept, failed: [] });
    const complaints = await tool.remove(ids);
    return known({ ...outcome(ids, await readSemaphoreSets(), complaints), kept });
  } finally {
    tool?.close();
  }
}
