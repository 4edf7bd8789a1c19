import { readFileSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { type RunEnding, parseRunEnding } from '../../core/diagnosis/run-ending.ts';
import { errorReason } from '../files/error-reason.ts';
import { RUN_DIRECTORY, statePath } from './paths.ts';
import { writeAtomically } from '../files/write-atomically.ts';

/** How a run of the unit ended, if ExecStopPost saw the end of that very run; null when it did not. */
export function readRunEnding(
  unit: string,
  invocationId: string,
  directory = RUN_DIRECTORY,
): RunEnding | null {
  // systemd before 232 does not count runs.
  if (invocationId === '') return null;
  try {
    const ending = parseRunEnding(JSON.parse(readFileSync(statePath(directory, unit, '.ending'), 'utf8')));
    return ending?.invocationId === invocationId ? ending : null;
  } catch {
    // Without it the present alone counts.
    return null;
  }
}

/** Keeps it; whole or not at all. Unknown, and why, when it cannot be kept. */
export function keepRunEnding(unit: string, ending: RunEnding, directory = RUN_DIRECTORY): Fact<true> {
  try {
    writeAtomically(statePath(directory, unit, '.ending'), JSON.stringify(ending));
    return known(true);
  } catch (error) {
    return unknown(`how ${unit} ended cannot be kept: ${errorReason(error)}`);
  }
}
