import t from 'tap';
import { type ClockReading, clockStepMs, earliestCtime, wallStartMs } from '../../src/core/clock.ts';
import { known } from '../../src/core/fact.ts';

const now: ClockReading = { realMs: 1_000_000_000, monotonicMs: 500_000, bootMs: 700_000 };
/** A stamp from when the wall clock stood `aheadMs` before today's. */
const at = (agoMs: number, aheadMs = 0): { realMs: number; monotonicMs: number } => ({
  realMs: now.realMs - agoMs + aheadMs,
  monotonicMs: now.monotonicMs - agoMs,
});

void t.test(
  'a step of the wall clock in either direction is detected from timestamps of both clocks',
  async (t) => {
    const cases: [number[], number][] = [
      [[], 0],
      [[0, 0], 0],
      [[1_500, -1_500], 0],
      [[1_501], -1_501],
      [[-1_501], 1_501],
      [[0, 3_600_000, 0], -3_600_000],
      [[5_000, -9_000, 2_000], 9_000],
    ];
    for (const [aheads, stepMs] of cases) {
      const stamps = aheads.map((aheadMs, i) => at(60_000 * (i + 1), aheadMs));
      t.equal(clockStepMs(stamps, now), stepMs, aheads.join());
    }
  },
);

void t.test('the earliest ctime is two seconds before the start, rounded down', async (t) => {
  t.same(earliestCtime(at(10_000), [], now), known(999_988));
  t.same(earliestCtime(at(10_001), [], now), known(999_987));
  t.same(earliestCtime(at(9_999), [], now), known(999_988));
});

void t.test('if the clocks differ by less than the tolerance, the earlier start is used', async (t) => {
  t.same(earliestCtime(at(10_000, 1_500), [], now), known(999_988));
  t.same(earliestCtime(at(10_000, -1_500), [], now), known(999_986));
});

void t.test('after a clock step no ctime is trusted, whichever timestamp shows it', async (t) => {
  for (const aheadMs of [-2_000, 2_000]) {
    t.match(earliestCtime(at(10_000, aheadMs), [], now), { known: false, why: /stepped by -?2 s/ });
    t.match(earliestCtime(at(10_000), [at(5_000), at(4_000, aheadMs)], now), { known: false });
  }
});

void t.test("a process's start time includes time asleep", async (t) => {
  t.equal(wallStartMs(700_000, now), now.realMs);
  t.equal(wallStartMs(0, now), now.realMs - 700_000);
});
