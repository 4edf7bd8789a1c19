import { readFileSync, rmSync } from 'node:fs';
import { type SetsSeen, parseSetsSeen } from '../../core/diagnosis/causes/sets-need.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { STATE_DIRECTORY, statePath } from './paths.ts';

/** How many sets the last good run of a unit had; null where that was not kept, or cannot be read: it is never needed. */
export function readSetsSeen(unit: string, directory = STATE_DIRECTORY): SetsSeen | null {
  try {
    return parseSetsSeen(JSON.parse(readFileSync(statePath(directory, unit, '.sets'), 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps it, best effort. */
export function keepSetsSeen(unit: string, seen: SetsSeen, directory = STATE_DIRECTORY): void {
  try {
    writeAtomically(statePath(directory, unit, '.sets'), JSON.stringify(seen), 'unsynced');
  } catch {
    // It is kept the next time.
  }
}

export function forgetSetsSeen(unit: string, directory = STATE_DIRECTORY): void {
  rmSync(statePath(directory, unit, '.sets'), { force: true });
}
