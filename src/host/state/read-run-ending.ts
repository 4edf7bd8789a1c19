import { readFileSync } from 'node:fs';
import { type RunEnding, parseRunEnding } from '../../core/diagnosis/run-ending.ts';
import { RUN_DIRECTORY, statePath } from './paths.ts';

/** How a run of the unit ended; null if ExecStopPost= kept nothing of exactly that run. */
export function readRunEnding(
  unit: string,
  invocationId: string,
  directory = RUN_DIRECTORY,
): RunEnding | null {
  // systemd before 232 has no InvocationID.
  if (invocationId === '') return null;
  try {
    const ending = parseRunEnding(JSON.parse(readFileSync(statePath(directory, unit, '.ending'), 'utf8')));
    return ending?.invocationId === invocationId ? ending : null;
  } catch {
    // Without a readable file the current facts decide.
    return null;
  }
}
