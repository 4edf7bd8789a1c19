import t from 'tap';
import { parseRunEnding } from '../../../src/core/diagnosis/run-ending.ts';
import { ending, use } from './failure-builder.ts';

void t.test('a damaged state file is rejected as a whole', async (t) => {
  for (const whole of [ending(), ending({ use: null }), ending({ use: use(3) })])
    t.strictSame(parseRunEnding(JSON.parse(JSON.stringify(whole))), whole);
  for (const field of Object.keys(ending())) {
    t.equal(parseRunEnding({ ...ending(), [field]: {} }), null, `${field} of another kind`);
    const { [field as 'result']: gone, ...rest } = ending();
    t.equal(parseRunEnding(rest), null, `without ${field}, which was ${JSON.stringify(gone)}`);
  }
  for (const value of [null, 1, 'x', []]) t.equal(parseRunEnding(value), null);
});
