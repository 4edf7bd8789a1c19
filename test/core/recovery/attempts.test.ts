import t from 'tap';
import { NO_ATTEMPTS, isGivenUp, parseAttempts, recent } from '../../../src/core/recovery/attempts.ts';

void t.test('old attempts expire, and with the last one that httpd-guard gave up', async (t) => {
  const now = 10_000_000;
  t.strictSame(recent({ triesMs: [now - 600_001, now - 5], gaveUp: true }, now), {
    triesMs: [now - 5],
    gaveUp: true,
  });
  t.strictSame(recent({ triesMs: [now - 600_001], gaveUp: true }, now), NO_ATTEMPTS);
});

void t.test('a damaged state file is rejected as a whole', async (t) => {
  t.strictSame(parseAttempts({ triesMs: [1, 2], gaveUp: false }), { triesMs: [1, 2], gaveUp: false });
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
    t.equal(parseAttempts(value), null, JSON.stringify(value));
});

void t.test('a unit is given up for as long as the same outage lasts', async (t) => {
  const nowMs = 100_000_000;
  const history = { triesMs: [nowMs - 50_000, nowMs - 40_000], gaveUp: true };
  const failed = { active: 'failed', beganMs: nowMs - 39_000 } as const;
  t.ok(isGivenUp(history, failed, nowMs));
  t.ok(isGivenUp(history, failed, nowMs + 86_400_000), 'a day later still');
  t.notOk(isGivenUp({ ...history, gaveUp: false }, failed, nowMs));
  t.notOk(isGivenUp(NO_ATTEMPTS, failed, nowMs));
  t.notOk(isGivenUp(history, { ...failed, active: 'active' }, nowMs), 'somebody started it');
  t.notOk(isGivenUp(history, { ...failed, beganMs: nowMs + 700_000 }, nowMs + 800_000), 'another outage');
  t.ok(isGivenUp(history, { active: 'inactive', beganMs: 0 }, nowMs), 'httpd 2.2 ends so too');
  t.notOk(
    isGivenUp(history, { active: 'inactive', beganMs: 0 }, nowMs + 600_000),
    'but so does who was stopped',
  );
});
