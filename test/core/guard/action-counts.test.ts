import t from 'tap';
import { NO_ACTIONS, addActions, parseActionCounts } from '../../../src/core/guard/action-counts.ts';

void t.test('counts add up', async (t) => {
  const once = addActions(NO_ACTIONS, { removed: 3, recovered: 1 });
  t.strictSame(addActions(once, { failed: 1, gaveUp: 1 }), {
    removed: 3,
    recovered: 1,
    failed: 1,
    gaveUp: 1,
  });
});

void t.test('another form than ours is null', async (t) => {
  t.strictSame(parseActionCounts({ ...NO_ACTIONS }), NO_ACTIONS);
  for (const value of [null, 1, {}, { ...NO_ACTIONS, removed: -1 }, { ...NO_ACTIONS, failed: '1' }])
    t.equal(parseActionCounts(value), null);
});
