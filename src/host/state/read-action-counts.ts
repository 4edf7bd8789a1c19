import { readFileSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { type ActionCounts, NO_ACTIONS, parseActionCounts } from '../../core/guard/action-counts.ts';
import { errorReason } from '../files/error-reason.ts';
import { STATE_DIRECTORY, statePath } from './paths.ts';

export function readActionCounts(unit: string, directory = STATE_DIRECTORY): Fact<ActionCounts> {
  const path = statePath(directory, unit, '.counts');
  try {
    const counts = parseActionCounts(JSON.parse(readFileSync(path, 'utf8')));
    return counts === null ? unknown(`${path} is damaged`) : known(counts);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return known(NO_ACTIONS);
    return unknown(`${path} cannot be read: ${errorReason(error)}`);
  }
}
