import t from 'tap';
import { mostSetsAfter } from '../../../src/core/register/most-sets.ts';
import { set } from '../verdict/snapshot-builder.ts';
import { A, B, RUN_OF_A, RUN_OF_B, claim, listed, register, serverRun } from './builder.ts';

const EARLIER_OF_B = serverRun(B, 90_000, 700);

void t.test('the most sets that one run of a unit had, whatever comes later', async (t) => {
  const { seen } = register(
    claim(set({ id: 1 }), RUN_OF_B),
    claim(set({ id: 2, uid: 1001 }), RUN_OF_B),
    claim(set({ id: 3 }), RUN_OF_A),
    claim(set({ id: 4 }), EARLIER_OF_B),
    claim(set({ id: 5 }), RUN_OF_B, { contested: true }),
    listed(set({ id: 6 }), 7),
  );
  t.strictSame(
    [...mostSetsAfter(new Map(), seen)],
    [
      [B, 2],
      [A, 1],
    ],
    'of two runs of one unit the larger number, and not their sum',
  );
  t.strictSame(
    [...mostSetsAfter(new Map([[B, 5]]), seen)],
    [
      [B, 5],
      [A, 1],
    ],
  );
  t.strictSame([...mostSetsAfter(new Map([[B, 5]]), new Map())], [[B, 5]]);
});
