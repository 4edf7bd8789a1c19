import { readFileSync, rmSync } from 'node:fs';
import { type Fact, known, unknown } from '../core/fact.ts';
import { NO_HISTORY, type RecoveryHistory, parseHistory } from '../core/recovery-history.ts';
import { because } from './because.ts';
import { STATE_DIRECTORY, keptPath } from './kept-path.ts';
import { writeWhole } from './write-whole.ts';

/** Earlier recoveries of a unit. A file that cannot be read is unknown: to take it for none would be to try for ever. */
export function readHistory(unit: string, directory = STATE_DIRECTORY): Fact<RecoveryHistory> {
  const path = keptPath(directory, unit, '.recoveries');
  try {
    const history = parseHistory(JSON.parse(readFileSync(path, 'utf8')));
    return history === null ? unknown(`${path} holds no recoveries; remove it`) : known(history);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return known(NO_HISTORY);
    return unknown(`${path} cannot be read: ${because(error)}; remove it`);
  }
}

/** Keeps it; whole or not at all. Unknown, and why, when it cannot be kept: what is not counted must not be tried. */
export function keepHistory(unit: string, history: RecoveryHistory, directory = STATE_DIRECTORY): Fact<true> {
  try {
    writeWhole(keptPath(directory, unit, '.recoveries'), JSON.stringify(history));
    return known(true);
  } catch (error) {
    return unknown(`its tries cannot be counted, and so it is not tried: ${because(error)}`);
  }
}

export function forgetHistory(unit: string, directory = STATE_DIRECTORY): void {
  rmSync(keptPath(directory, unit, '.recoveries'), { force: true });
}
