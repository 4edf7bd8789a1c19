import t from 'tap';
import { linesOfRun } from '../../../src/core/logs/lines-of-run.ts';

const began = new Date(2026, 10, 21, 5, 20, 58, 700).getTime();

void t.test('lines from before the run are skipped with their continuation lines', async (t) => {
  const lines = [
    'no stamp at all',
    '[Sat Nov 21 05:20:57.999999 2026] [core:emerg] old',
    'AH00016: Configuration Failed',
    '[Sat Nov 21 05:20:58.800000 2026] [core:emerg] new',
    'AH00016: Configuration Failed',
  ];
  t.strictSame(linesOfRun(lines, began), [lines[0], lines[3], lines[4]]);
});

void t.test('timestamps of 2.2 have no fraction: the second of the start is included', async (t) => {
  const line = '[Sat Nov 21 05:20:58 2026] [emerg] (28)No space left on device';
  t.strictSame(linesOfRun([line], began), [line]);
  t.strictSame(linesOfRun(['[Sat Nov  7 05:20:58 2026] [emerg] x'], began), [], 'a day of one digit');
});
