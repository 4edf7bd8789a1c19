import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { RUN_DIRECTORY, statePath } from './paths.ts';

/** Writes how a run of the unit ended, atomically. */
export function keepRunEnding(
  unit: string,
  ending: RunEnding,
  directory = RUN_DIRECTORY,
): Done<'not-written'> {
  try {
    writeAtomically(statePath(directory, unit, '.ending'), JSON.stringify(ending));
    return done;
  } catch (error) {
    return notDone('not-written', `the ending of ${unit} cannot be written: ${errorReason(error)}`);
  }
}
