import { type CleanResult, outcome, toKeep, toRemove } from '../core/verdict/clean-result.ts';
import { type Fact, known } from '../core/fact.ts';
import type { MutexOwner } from '../core/verdict/semaphore-set.ts';
import { type TableUse, tableUse } from '../core/verdict/table-use.ts';
import { judge } from '../core/verdict/verdict.ts';
import { entryText, writeEntry } from '../host/output/write-entry.ts';
import { SemaphoreTool } from '../host/sysvipc/semaphore-tool.ts';
import { readSemaphoreSets } from '../host/sysvipc/tables.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { type ClearingCommand, clearedEntry } from '../view/cleared-entry.ts';

export interface CleanQuestion {
  owner: Fact<MutexOwner>;
  /** Ids to limit it to, or null for all. The verdict is required all the same. */
  onlyIds: ReadonlySet<number> | null;
  dryRun: boolean;
  systemd: SystemdSession;
  context: RemovalContext;
}

/** Who tells the journal of a removal. */
export interface RemovalContext {
  /** Under whose name; null when nobody knows. */
  unit: string | null;
  command: ClearingCommand;
  /** How long the journal may take. */
  mostMs: number;
}

export interface Cleared {
  result: Fact<CleanResult>;
  /** How full the table was before. */
  use: Fact<TableUse>;
  /** Whether the journal has an entry on it: only where anything was removed, or could not be. */
  entered: boolean;
  /** Why it has none, where it should. */
  untold: string | null;
}

/**
 * Looks, judges, and removes at once what is orphan: no wait lies between verdict and removal. The ids of new sets differ
 * from all that were judged, since the kernel counts a sequence number into each (kernel: ipc/util.c, ipc_idr_alloc), so a
 * start that slips in cannot be hit. Then the journal is told what went. The result is unknown when the table cannot be read.
 */
export async function removeOrphans({
  owner,
  onlyIds,
  dryRun,
  systemd,
  context,
}: CleanQuestion): Promise<Cleared> {
  const tool = owner.known ? new SemaphoreTool(owner.value, systemd.deadlineMs) : null;
  try {
    const snapshot = await takeSnapshot({ owner, tool, systemd });
    const use = tableUse(snapshot);
    const nothingToTell = (result: Fact<CleanResult>): Cleared => ({
      ...{ result, use, entered: false, untold: null },
    });
    if (!snapshot.sets.known) return nothingToTell(snapshot.sets);
    const judgements = judge(snapshot);
    const ids = toRemove(judgements, onlyIds);
    const kept = toKeep(judgements, onlyIds);
    if (dryRun || tool === null || ids.length === 0)
      return nothingToTell(known({ removed: ids, kept, failed: [] }));
    const complaints = await tool.remove(ids);
    const result = { ...outcome(ids, await readSemaphoreSets(), complaints), kept };
    const untold = await tell(result, tool, context);
    return { result: known(result), use, entered: untold === null, untold };
  } finally {
    tool?.close();
  }
}

function tell(result: CleanResult, tool: SemaphoreTool, context: RemovalContext): Promise<string | null> {
  const { unit, command, mostMs } = context;
  const entry = clearedEntry(result, unit, command);
  return tool.canTell
    ? tool.tell(entryText(unit, entry))
    : writeEntry(unit, entry, performance.now() + mostMs);
}
