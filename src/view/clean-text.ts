import type { CleanResult } from '../core/verdict/clean-result.ts';
import type { Fact } from '../core/fact.ts';
import type { Priority } from '../core/priority.ts';
import { shellWord } from '../core/text/shell-word.ts';
import { escape } from './escape.ts';

const MOST_ROWS = 8;

/** `clean` for people: what went, what stayed and why. */
export function cleanText(
  { removed, kept, failed }: CleanResult,
  { what, dryRun, quiet, verbose, down }: CleanStyle,
): string {
  const lines: string[] = [];
  if (removed.length > 0)
    lines.push(`${dryRun ? 'Would remove' : 'Removed'} ${count(removed.length, what)} ${LEFT_BY[what]}.`);
  if (failed.length > 0)
    lines.push(`Could not remove ${count(failed.length, what)}: ${escape(failed[0]?.error ?? '')}`);
  if (lines.length === 0) lines.push('Nothing to remove.');
  if (verbose && removed.length > 0) lines.push(`Ids: ${removed.join(' ')}`);
  if (!quiet && down !== null && removed.length > 0 && !dryRun)
    lines.push(`${escape(down)} is down. Start it: httpd-guard recover --unit ${shellWord(escape(down))}`);
  if (!quiet && kept.length > 0) lines.push(`Kept ${count(kept.length, what)}:`, ...reasons(kept, verbose));
  return `${lines.join('\n')}\n`;
}

export type What = 'semaphore set' | 'shared memory segment';

const LEFT_BY: Record<What, string> = {
  'semaphore set': 'left by a dead httpd',
  'shared memory segment': 'that nobody has attached, and whose maker is dead',
};

export interface CleanStyle {
  what: What;
  /** The unit, where it has failed; else null. */
  down: string | null;
  dryRun: boolean;
  /** What was done alone, not what was kept. */
  quiet: boolean;
  /** Every id and every reason. */
  verbose: boolean;
}

function reasons(kept: CleanResult['kept'], all: boolean): string[] {
  const counts = new Map<string, number>();
  for (const { verdict, evidence } of kept) {
    const reason = `${verdict}: ${evidence[0]?.saw ?? ''}`;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const lines = [...counts].map(([reason, count]) => `  ${count} × ${escape(reason)}`);
  if (all || lines.length <= MOST_ROWS) return lines;
  return [
    ...lines.slice(0, MOST_ROWS),
    `  … and ${lines.length - MOST_ROWS} more reasons (--verbose shows all)`,
  ];
}

/** The same in one sentence for the log, with its priority. */
export function cleanSentence(
  result: Fact<CleanResult>,
  when: 'before this start' | 'after this stop',
): { priority: Priority; sentence: string } {
  if (!result.known)
    return { priority: 'warning', sentence: `nothing was cleared ${when}: ${escape(result.why)}` };
  return clearedSentence(result.value);
}

/** The same of a cleaning that took place. */
export function clearedSentence(
  { removed, kept, failed }: CleanResult,
  what: What = 'semaphore set',
): { priority: Priority; sentence: string } {
  const sets = (number: number): string => count(number, what);
  const unsure = kept.filter(({ verdict }) => verdict === 'unsure');
  const did = removed.length > 0 ? `removed ${sets(removed.length)} ${LEFT_BY[what]}` : 'nothing to remove';
  if (failed.length > 0) {
    return {
      priority: 'err',
      sentence: `${did}; ${sets(failed.length)} could not be removed: ${escape(failed[0]?.error ?? '')}`,
    };
  }
  if (unsure.length > 0) {
    return {
      priority: 'warning',
      sentence: `${did}; kept ${sets(unsure.length)} that may be in use: ${escape(unsure[0]?.evidence[0]?.saw ?? '')}`,
    };
  }
  const inUse = kept.length > 0 ? `; ${sets(kept.length)} of a living httpd stay` : '';
  return { priority: removed.length > 0 ? 'notice' : 'info', sentence: `${did}${inUse}` };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
