import { readFileSync } from 'node:fs';
import { type RunEnding, parseRunEnding } from '../core/run-ending.ts';
import { writeWhole } from './write-whole.ts';

/** Of root, and gone with a reboot, as runs are. */
const DIRECTORY = '/run/httpd-guard';

/** How a run of the unit ended, if ExecStopPost saw the end of that very run; null when it did not. */
export function readRunEnding(unit: string, invocationId: string, directory = DIRECTORY): RunEnding | null {
  // systemd before 232 does not count runs.
  if (invocationId === '') return null;
  try {
    const ending = parseRunEnding(JSON.parse(readFileSync(pathOf(unit, directory), 'utf8')));
    return ending?.invocationId === invocationId ? ending : null;
  } catch {
    // Without it the present alone counts.
    return null;
  }
}

/** Keeps it; whole or not at all. Throws when it cannot be kept. */
export function keepRunEnding(unit: string, ending: RunEnding, directory = DIRECTORY): void {
  writeWhole(pathOf(unit, directory), JSON.stringify(ending));
}

function pathOf(unit: string, directory: string): string {
  return `${directory}/${unit.replaceAll('/', '_')}.ending`;
}
