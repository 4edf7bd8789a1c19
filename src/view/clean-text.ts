import type { CleanResult } from '../core/verdict/clean-result.ts';
import type { Fact } from '../core/fact.ts';
import type { Priority } from '../core/priority.ts';
import { counted } from '../core/text/counted.ts';
import { shellWord } from '../core/text/shell-word.ts';
import { escape } from './escape.ts';
import type { CleanJson } from './schemas/clean.ts';

const MOST_ROWS = 8;

/** `clean` as text: what was removed, what was kept and why. */
export function cleanText(
  { removed, kept, failed }: CleanResult,
  { what, dryRun, quiet, verbose, down }: CleanStyle,
): string {
  const lines: string[] = [];
  if (removed.length > 0)
    lines.push(`${dryRun ? 'Would remove' : 'Removed'} ${counted(removed.length, what)} ${ORPHANED[what]}.`);
  if (failed.length > 0)
    lines.push(`Could not remove ${counted(failed.length, what)}: ${escape(failed[0]?.error ?? '')}`);
  if (lines.length === 0) lines.push('Nothing to remove.');
  if (verbose && removed.length > 0) lines.push(`Ids: ${removed.join(' ')}`);
  if (!quiet && down !== null && removed.length > 0 && !dryRun)
    lines.push(`${escape(down)} is down. To start it: httpd-guard recover --unit ${shellWord(escape(down))}`);
  if (!quiet && kept.length > 0) lines.push(`Kept ${counted(kept.length, what)}:`, ...reasons(kept, verbose));
  return `${lines.join('\n')}\n`;
}

export type What = 'semaphore set' | 'shared memory segment';

const ORPHANED: Record<What, string> = {
  'semaphore set': 'leaked by a killed httpd',
  'shared memory segment': 'with nothing attached, whose creator has exited',
};

export interface CleanStyle {
  what: What;
  /** The unit if it has failed, else null. */
  down: string | null;
  dryRun: boolean;
  /** Only what was done, not what was kept. */
  quiet: boolean;
  /** Every id and every reason. */
  verbose: boolean;
}

/** The object of `clean --json`: an interface. */
export function cleanJson(
  { removed, kept, failed }: CleanResult,
  { unit, dryRun, what, missing }: CleanContext,
): CleanJson {
  return {
    schema: 1,
    unit,
    dryRun,
    objects: what === 'semaphore set' ? 'semaphore-sets' : 'shared-memory-segments',
    removed,
    kept: kept.map(({ id, verdict, evidence }) => ({ id, verdict, evidence: [...evidence] })),
    failed,
    reasons: [...missing],
  };
}

export interface CleanContext {
  unit: string | null;
  dryRun: boolean;
  what: What;
  /** What could not be read. */
  missing: readonly string[];
}

function reasons(kept: CleanResult['kept'], all: boolean): string[] {
  const counts = new Map<string, number>();
  for (const { verdict, evidence } of kept) {
    const reason = `${verdict}: ${evidence[0]?.saw ?? ''}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const lines = [...counts].map(([reason, count]) => `  ${count} ${escape(reason)}`);
  if (all || lines.length <= MOST_ROWS) return lines;
  return [
    ...lines.slice(0, MOST_ROWS),
    `  ... and ${counted(lines.length - MOST_ROWS, 'more reason')} (--verbose shows all)`,
  ];
}

/** The result in one sentence for the journal, with its priority. */
export function cleanSentence(
  result: Fact<CleanResult>,
  when: 'before this start' | 'after this stop',
): { priority: Priority; sentence: string } {
  if (!result.known)
    return { priority: 'warning', sentence: `nothing was removed ${when}: ${escape(result.why)}` };
  return clearedSentence(result.value);
}

/** The same for a removal that took place. */
export function clearedSentence(
  { removed, kept, failed }: CleanResult,
  what: What = 'semaphore set',
): { priority: Priority; sentence: string } {
  const noun = what === 'semaphore set' ? 'set' : what;
  const unsure = kept.filter(({ verdict }) => verdict === 'unsure');
  const did =
    removed.length > 0 ? `removed ${counted(removed.length, what)} ${ORPHANED[what]}` : 'nothing to remove';
  if (failed.length > 0) {
    return {
      priority: 'err',
      sentence: `${did}; ${counted(failed.length, noun)} could not be removed: ${escape(failed[0]?.error ?? '')}`,
    };
  }
  if (unsure.length > 0) {
    return {
      priority: 'warning',
      sentence: `${did}; kept ${counted(unsure.length, noun)}: ${escape(unsure[0]?.evidence[0]?.saw ?? '')}`,
    };
  }
  const inUse = kept.length > 0 ? `; ${counted(kept.length, noun)} in use by a running httpd` : '';
  return { priority: removed.length > 0 ? 'notice' : 'info', sentence: `${did}${inUse}` };
}
