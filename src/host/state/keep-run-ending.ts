import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { RUN_DIRECTORY, statePath } from './paths.ts';

/** Keeps how a run of the unit ended; whole or not at all. Unknown, and why, when it cannot be kept. */
export function keepRunEnding(unit: string, ending: RunEnding, directory = RUN_DIRECTORY): Fact<true> {
  try {
    writeAtomically(statePath(directory, unit, '.ending'), JSON.stringify(ending));
    return known(true);
  } catch (error) {
    return unknown(`how ${unit} ended cannot be kept: ${errorReason(error)}`);
  }
}
