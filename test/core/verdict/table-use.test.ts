import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { leastUse, percent, tableUse } from '../../../src/core/verdict/table-use.ts';
import { set, snapshot } from './snapshot-builder.ts';

void t.test('the table has two limits: sets, and semaphores in all of them', async (t) => {
  const scene = snapshot({ sets: [set(), set({ nsems: 17 }), set({ nsems: 250 })] });
  t.same(tableUse(scene), known({ sets: { used: 3, max: 128 }, semaphores: { used: 268, max: 32_000 } }));
  t.match(tableUse(snapshot({ sets: [] })), { value: { sets: { used: 0 }, semaphores: { used: 0 } } });
});

void t.test('use is unknown without the table or without its limits', async (t) => {
  t.same(tableUse({ ...snapshot(), sets: unknown('no table') }), unknown('no table'));
  t.same(tableUse(snapshot({ limits: unknown('no limits') })), unknown('no limits'));
});

void t.test('100 % means full, and nothing less', async (t) => {
  const cases: [number, number, number][] = [
    [0, 128, 0],
    [1, 128, 0],
    [64, 128, 50],
    [29, 100, 29],
    [127, 128, 99],
    [128, 128, 100],
    [129, 128, 100],
    [31_999, 32_000, 99],
    [0, 0, 100],
  ];
  for (const [used, max, expected] of cases) t.equal(percent({ used, max }), expected, `${used} of ${max}`);
});

void t.test('leastUse is the smallest use with that percentage', async (t) => {
  for (const max of [0, 1, 7, 100, 128, 32_000])
    for (const wanted of [0, 1, 33, 80, 99, 100]) {
      const used = leastUse({ used: 0, max }, wanted);
      t.ok(percent({ used, max }) >= wanted, `${used} of ${max} is ${wanted} %`);
      if (used > 0) t.ok(percent({ used: used - 1, max }) < wanted, `one less than ${used} of ${max} is not`);
    }
});
