import { readFileSync } from 'node:fs';
import { type RunEnding, parseRunEnding } from '../../core/diagnosis/run-ending.ts';
import { RUN_DIRECTORY, statePath } from './paths.ts';

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
