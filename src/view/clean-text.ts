import type { CleanResult } from '../core/clean-result.ts';
import type { Fact } from '../core/fact.ts';
import type { Priority } from '../core/priority.ts';
import { escape } from './escape.ts';

const MOST_ROWS = 8;

/** `clean` for people: what went, what stayed and why. */
export function cleanText(
  { removed, kept, failed }: CleanResult,
  { what, dryRun, quiet, verbose }: CleanStyle,
): string {
  const lines: string[] = [];
  if (removed.length > 0)
    lines.push(`${dryRun ? 'Would remove' : 'Removed'} ${count(removed.length, what)} left by a dead httpd.`);
  if (failed.length > 0)
    lines.push(`Could not remove ${count(failed.length, what)}: ${escape(failed[0]?.error ?? '')}`);
  if (lines.length === 0) lines.push('Nothing to remove.');
  if (verbose && removed.length > 0) lines.push(`Ids: ${removed.join(' ')}`);
  if (!quiet && kept.length > 0) lines.push(`Kept ${count(kept.length, what)}:`, ...reasons(kept, verbose));
  return `${lines.join('\n')}\n`;
}

export interface CleanStyle {
  what: 'semaphore set' | 'shared memory segment';
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
export function clearedSentence({ removed, kept, failed }: CleanResult): {
  priority: Priority;
  sentence: string;
} {
  const unsure = kept.filter(({ verdict }) => verdict === 'unsure');
  const did =
    removed.length > 0 ? `removed ${sets(removed.length)} left by a dead httpd` : 'nothing to remove';
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

function sets(number: number): string {
  return count(number, 'semaphore set');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
