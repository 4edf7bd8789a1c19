import t from 'tap';
import {
  type NeedQuestion,
  parseSetsSeen,
  setsNeed,
} from '../../../../src/core/diagnosis/causes/sets-need.ts';
import { set } from '../../verdict/snapshot-builder.ts';

const need = (over: Partial<NeedQuestion>) =>
  setsNeed({ seen: null, registered: null, balancers: null, orphans: [], batchBefore: 0, ...over });

void t.test('the last good run is certain, else the configuration, else what is seen', async (t) => {
  t.strictSame(need({ seen: 12, registered: 6, balancers: 9 }), { sets: 12, by: 'seen', least: 12 });
  t.strictSame(
    need({ seen: 2, registered: 6, balancers: 9 }),
    { sets: 15, by: 'configured', least: 9 },
    'balancers were added since',
  );
  t.strictSame(need({ registered: 3, balancers: 208 }), { sets: 211, by: 'configured', least: 208 });
  t.strictSame(need({ registered: 3, balancers: 0 }), { sets: 3, by: 'registered', least: 0 });
  t.equal(need({ balancers: 5 }), null, 'whether they are System V sets is not known');
  t.equal(need({ registered: 0 }), null);
  t.equal(need({ seen: 0 }), null);
});

void t.test('what one killed run left, for httpd that registers nothing', async (t) => {
  const made = (...seconds: number[]) => seconds.map((ctime, id) => set({ id, ctime }));
  t.strictSame(need({ orphans: made(100, 100, 101, 500, 500, 900) }), { sets: 3, by: 'batch', least: 0 });
  t.strictSame(need({ orphans: made(900, 100), registered: 0 }), { sets: 1, by: 'batch', least: 0 });
  t.equal(need({ orphans: [] }), null);
});

void t.test('what was kept is read whole or not at all', async (t) => {
  const whole = { sets: 3, mechanism: 'sysvsem', uid: 33, registered: 3 };
  t.strictSame(parseSetsSeen(whole), whole);
  t.strictSame(parseSetsSeen({ ...whole, mechanism: null }), { ...whole, mechanism: null });
  t.strictSame(parseSetsSeen({ ...whole, registered: null }), { ...whole, registered: null });
  for (const torn of [
    null,
    1,
    {},
    { ...whole, sets: -1 },
    { sets: 3, mechanism: 'sysvsem', uid: 33 },
    { ...whole, uid: 'x' },
    { ...whole, mechanism: 1 },
  ])
    t.equal(parseSetsSeen(torn), null, JSON.stringify(torn));
});
