import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import { percent, tableUse } from '../../src/core/table-use.ts';
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

void t.test('100 % is full, and nothing less is called so', async (t) => {
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
