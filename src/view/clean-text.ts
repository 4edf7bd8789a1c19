import type { CleanResult } from '../core/clean-result.ts';
import { escape } from './escape.ts';

const MOST_ROWS = 8;

/** `clean` for people: what went, what stayed and why. */
export function cleanText(
  { removed, kept, failed }: CleanResult,
  { dryRun, quiet, verbose }: { dryRun: boolean; quiet: boolean; verbose: boolean },
): string {
  const lines = [
    removed.length === 0
      ? 'Nothing to remove.'
      : `${dryRun ? 'Would remove' : 'Removed'} ${sets(removed.length)} left by a dead httpd.`,
  ];
  if (failed.length > 0)
    lines.push(`Could not remove ${sets(failed.length)}: ${escape(failed[0]?.error ?? '')}`);
  if (!quiet) {
    const reasons = new Map<string, number>();
    for (const { verdict, evidence } of kept) {
      const reason = `${verdict}: ${evidence[0]?.saw ?? ''}`;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const shown = verbose ? [...reasons] : [...reasons].slice(0, MOST_ROWS);
    if (kept.length > 0)
      lines.push(
        `Kept ${sets(kept.length)}:`,
        ...shown.map(([reason, count]) => `  ${count} × ${escape(reason)}`),
      );
    if (verbose && removed.length > 0) lines.push(`Ids: ${removed.join(' ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function sets(count: number): string {
  return `${count} semaphore ${count === 1 ? 'set' : 'sets'}`;
}
