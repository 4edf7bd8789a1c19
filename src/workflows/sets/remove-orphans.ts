import { type CleanResult, outcome, toKeep, toRemove } from '../../core/verdict/clean-result.ts';
import type { Done } from '../../core/done.ts';
import { type Fact, known } from '../../core/fact.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import { type TableUse, tableUse } from '../../core/verdict/table-use.ts';
import { lineages } from '../../core/verdict/lineage.ts';
import { judge } from '../../core/verdict/verdict.ts';
import { entryText, writeEntry } from '../../host/output/write-entry.ts';
import { countActions } from '../../host/state/keep-action-counts.ts';
import { SemaphoreTool } from '../../host/sysvipc/semaphore-tool.ts';
import { readSemaphoreSets } from '../../host/sysvipc/tables.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { remember, rememberBeforeStart } from './keep-register.ts';
import { sendEvent } from '../send-event.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { type ClearingCommand, clearedEntry } from '../../view/journal/cleared-entry.ts';
import { steadyMs } from '../../host/exec/steady-ms.ts';

export interface CleanQuestion {
  owner: Fact<MutexOwner>;
  /** Limit the removal to these ids; null for all. Only orphaned ones among them are removed. */
  onlyIds: ReadonlySet<number> | null;
  dryRun: boolean;
  systemd: SystemdSession;
  context: RemovalContext;
}

/** Fields and time limit of the journal entry about a removal. */
export interface RemovalContext {
  /** The unit; null if it is unknown. */
  unit: string | null;
  command: ClearingCommand;
  /** The time limit for the journal entry in milliseconds. */
  mostMs: number;
  /** The configuration file for the event; undefined for the default one. */
  config?: string | undefined;
  /** The entry of the removal follows what this writes. */
  after?: Promise<unknown>;
}

export interface Cleared {
  result: Fact<CleanResult>;
  /** The use of the table before the removal. */
  use: Fact<TableUse>;
  /** Whether the journal entry was written; null if there is none, since no set was to be removed. */
  entry: Done<'not-written'> | null;
}

/**
 * Takes a snapshot, judges it and removes the orphaned sets without a wait in between. New sets have other ids, since the kernel
 * includes a sequence number in each (kernel: ipc/util.c, ipc_idr_alloc), so a start at the same moment loses none. Then writes a
 * journal entry. The result is unknown if the table cannot be read.
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
    const looked = await takeSnapshot({
      owner,
      tool,
      systemd,
      ended: context.command === 'post-stop' ? context.unit : null,
    });
    const living = lineages(looked);
    const isStart = context.command === 'pre-start';
    const snapshot = dryRun || isStart ? looked : remember(looked, living);
    const use = tableUse(snapshot);
    const withoutEntry = (result: Fact<CleanResult>): Cleared => ({ result, use, entry: null });
    if (!snapshot.sets.known) return withoutEntry(snapshot.sets);
    const judgements = judge(snapshot, living);
    const ids = toRemove(judgements, onlyIds);
    const kept = toKeep(judgements, onlyIds);
    const removes = !dryRun && tool !== null && ids.length > 0;
    const complaints = removes ? await tool.remove(ids) : [];
    // Not before the removal, which follows the verdict at once.
    if (isStart && !dryRun) rememberBeforeStart(looked, living, ids);
    if (!removes) return withoutEntry(known({ removed: ids, kept, failed: [] }));
    const result = { ...outcome(ids, await readSemaphoreSets(), complaints), kept };
    if (context.unit !== null) countActions(context.unit, { removed: result.removed.length });
    return { result: known(result), use, entry: await report(result, tool, context) };
  } finally {
    tool?.close();
  }
}

async function report(
  result: CleanResult,
  tool: SemaphoreTool,
  context: RemovalContext,
): Promise<Done<'not-written'>> {
  const { unit, command, mostMs, config, after } = context;
  const entry = clearedEntry(result, unit, command);
  await after;
  const written = tool.canWriteEntry
    ? await tool.writeEntry(entryText(unit, entry))
    : await writeEntry(unit, entry, steadyMs() + mostMs);
  await sendEvent(unit, entry, config);
  return written;
}
