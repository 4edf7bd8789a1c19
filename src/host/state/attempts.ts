import { readFileSync, rmSync } from 'node:fs';
import { type Done, done, notDone } from '../../core/done.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { NO_ATTEMPTS, type Attempts, parseAttempts } from '../../core/recovery/attempts.ts';
import { errorReason } from '../files/error-reason.ts';
import { STATE_DIRECTORY, statePath } from './paths.ts';
import { writeAtomically } from '../files/write-atomically.ts';

/** Earlier recoveries of a unit. A file that cannot be read is unknown: taken for none, it would lift the rate limit. */
export function readAttempts(unit: string, directory = STATE_DIRECTORY): Fact<Attempts> {
  const path = statePath(directory, unit, '.recoveries');
  try {
    const history = parseAttempts(JSON.parse(readFileSync(path, 'utf8')));
    return history === null ? unknown(`${path} is damaged; remove it`) : known(history);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return known(NO_ATTEMPTS);
    return unknown(`${path} cannot be read: ${errorReason(error)}; remove it`);
  }
}

/** Writes the recoveries atomically. If that fails, no attempt must be made, since it would not be counted. */
export function keepAttempts(
  unit: string,
  history: Attempts,
  directory = STATE_DIRECTORY,
): Done<'not-written'> {
  try {
    writeAtomically(statePath(directory, unit, '.recoveries'), JSON.stringify(history));
    return done;
  } catch (error) {
    return notDone('not-written', `the attempt cannot be counted, so none is made: ${errorReason(error)}`);
  }
}

export function forgetAttempts(unit: string, directory = STATE_DIRECTORY): void {
  rmSync(statePath(directory, unit, '.recoveries'), { force: true });
}
