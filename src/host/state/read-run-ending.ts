import { readFileSync } from 'node:fs';
import { type RunEnding, parseRunEnding } from '../../core/diagnosis/run-ending.ts';
import { ENDING_DIRECTORIES, statePath } from './paths.ts';

/** How a run of the unit ended; null if ExecStopPost= kept nothing of exactly that run. */
export function readRunEnding(
  unit: string,
  invocationId: string,
  directories = ENDING_DIRECTORIES,
): RunEnding | null {
  // systemd before 232 has no InvocationID.
  if (invocationId === '') return null;
  for (const directory of directories)
    try {
      const ending = parseRunEnding(JSON.parse(readFileSync(statePath(directory, unit, '.ending'), 'utf8')));
      if (ending?.invocationId === invocationId) return ending;
    } catch {
      // Without a readable file the current facts decide.
    }
  return null;
}
