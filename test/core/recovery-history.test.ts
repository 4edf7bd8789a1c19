import t from 'tap';
import { NO_HISTORY, parseHistory, recent } from '../../src/core/recovery-history.ts';

void t.test('tries of long ago are forgotten, and with the last one that the guard gave up', async (t) => {
  const now = 10_000_000;
  t.strictSame(recent({ triesMs: [now - 600_001, now - 5], gaveUp: true }, now), {
    triesMs: [now - 5],
    gaveUp: true,
  });
  t.strictSame(recent({ triesMs: [now - 600_001], gaveUp: true }, now), NO_HISTORY);
});

void t.test('what was kept is read whole or not at all', async (t) => {
  t.strictSame(parseHistory({ triesMs: [1, 2], gaveUp: false }), { triesMs: [1, 2], gaveUp: false });
  for (const value of [
    null,
    1,
    'x',
    [],
    {},
    { triesMs: [1] },
    { triesMs: 'x', gaveUp: true },
    { triesMs: ['1'], gaveUp: true },
    { triesMs: [NaN], gaveUp: false },
  ])
    t.equal(parseHistory(value), null, JSON.stringify(value));
});
