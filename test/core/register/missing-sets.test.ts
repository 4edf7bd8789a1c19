import t from 'tap';
import { unknown } from '../../../src/core/fact.ts';
import { missingSets } from '../../../src/core/register/missing-sets.ts';
import { judge } from '../../../src/core/verdict/verdict.ts';
import { unit } from '../../view/report/report-builder.ts';
import {
  BEGAN_AGO_S,
  NOW_S,
  type Scene,
  master,
  set,
  snapshot,
  worker,
} from '../verdict/snapshot-builder.ts';
import { A, B, RUN_OF_A, RUN_OF_B, claim, register } from './builder.ts';

const ctime = NOW_S - BEGAN_AGO_S + 1;
const ONE = set({ id: 3, ctime });
const OF_APP = set({ id: 4, ctime, uid: 1001 });
const OF_A = set({ id: 5, ctime });
const NEW = set({ id: 6, ctime });

/** B had three sets once. */
const missing = (over: Partial<Scene>, had = 3) => {
  const looked = snapshot({
    sets: [ONE, OF_APP],
    processes: [master(), worker()],
    register: {
      ...register(claim(ONE, RUN_OF_B), claim(OF_APP, RUN_OF_B), claim(OF_A, RUN_OF_A)),
      most: new Map([[B, had]]),
    },
    ...over,
  });
  return missingSets(unit({ name: B, invocationId: RUN_OF_B.invocationId }), looked, judge(looked));
};

void t.test('a run that cannot have as many sets as an earlier one', async (t) => {
  t.strictSame(missing({}), { has: 2, had: 3 });
  t.equal(missing({}, 2), null, 'as many');
  t.strictSame(missing({ sets: [ONE, OF_APP, OF_A] }), { has: 2, had: 3 }, 'a set of another unit');
  t.strictSame(
    missing({ sets: [ONE, OF_APP, set({ id: 8, key: 5 })] }),
    { has: 2, had: 3 },
    'a set of another program',
  );
});

void t.test('no proof, no warning', async (t) => {
  t.equal(missing({ sets: [ONE, OF_APP, NEW] }), null, 'a set without an owner may be its own');
  const contested = claim(OF_A, RUN_OF_A, { contested: true });
  t.equal(
    missing({
      sets: [ONE, OF_APP, OF_A],
      register: {
        ...register(claim(ONE, RUN_OF_B), claim(OF_APP, RUN_OF_B), contested),
        most: new Map([[B, 3]]),
      },
    }),
    null,
    'a contested one as well',
  );
  t.equal(missing({ register: { ...register(), most: new Map([[A, 3]]) } }), null, 'no earlier look');
  t.equal(missing({ owner: unknown('no answer') }), null);
  t.equal(missing({ visibility: unknown('hidepid') }), null);
});
