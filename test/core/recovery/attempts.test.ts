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

void t.test('a damaged state file counts as all attempts used when it was written', async (t) => {
  const parse = (...texts: string[]): unknown =>
    parseAttempts(
      texts.map((text) => ({ text, writtenMs: 50 })),
      1_000,
    );
  t.strictSame(parse('{"triesMs":[1,2],"gaveUp":false}'), { triesMs: [1, 2], gaveUp: false });
  const used = { triesMs: [50, 50, 50], gaveUp: false };
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
    t.strictSame(parse(JSON.stringify(value)), used, JSON.stringify(value));
  for (const text of ['', '{', '\0\0']) t.strictSame(parse(text), used, JSON.stringify(text));
  t.strictSame(parse('{"triesMs":[60],"gaveUp":true}', ''), { triesMs: [60], gaveUp: true }, 'the latest');
  t.strictSame(parse('{"triesMs":[40],"gaveUp":true}', ''), used);
  t.strictSame(parse(), NO_ATTEMPTS);
  t.strictSame(
    parseAttempts([{ text: '', writtenMs: 5_000 }], 1_000),
    { triesMs: [1_000, 1_000, 1_000], gaveUp: false },
    'of a clock that was set back',
  );
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
