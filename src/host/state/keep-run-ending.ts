import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { ENDING_DIRECTORIES, statePath } from './paths.ts';

/** Writes how a run of the unit ended, atomically: to /run, or to /var/lib while that is full or read-only. */
export function keepRunEnding(
  unit: string,
  ending: RunEnding,
  directories = ENDING_DIRECTORIES,
): Done<'not-written'> {
  let why = '';
  for (const directory of directories)
    try {
      // While httpd waits; and after a crash of the machine no run is left that it describes.
      writeAtomically(statePath(directory, unit, '.ending'), JSON.stringify(ending), 'unsynced');
      return done;
    } catch (error) {
      why ||= errorReason(error);
    }
  return notDone('not-written', `the ending of ${unit} cannot be written: ${why}`);
}
