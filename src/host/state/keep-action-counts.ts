import { type ActionCounts, NO_ACTIONS, addActions } from '../../core/guard/action-counts.ts';
import { rmSync } from 'node:fs';
import { writeAtomically } from '../files/write-atomically.ts';
import { STATE_DIRECTORY, statePath } from './paths.ts';
import { readActionCounts } from './read-action-counts.ts';

/**
 * Adds to the counts of a unit, for metrics. Best effort: nothing depends on them. A damaged file starts at 0, as a counter of
 * Prometheus may. Of two processes that count at once, one may be lost.
 */
export function countActions(unit: string, more: Partial<ActionCounts>, directory = STATE_DIRECTORY): void {
  const before = readActionCounts(unit, directory);
  const counts = addActions(before.known ? before.value : NO_ACTIONS, more);
  try {
    writeAtomically(statePath(directory, unit, '.counts'), JSON.stringify(counts), 'unsynced');
  } catch {
    // The action itself is in the journal.
  }
}

export function forgetActionCounts(unit: string, directory = STATE_DIRECTORY): void {
  rmSync(statePath(directory, unit, '.counts'), { force: true });
}
