import t from 'tap';
import { stopLimits } from '../../../src/core/units/stop-limits.ts';

void t.test('a short TimeoutStopSec= gets limits that end before it', async (t) => {
  t.strictSame(stopLimits(Infinity), []);
  t.strictSame(stopLimits(10_000), []);
  t.strictSame(stopLimits(5_000), [0.75, 2.5, 0.75]);
  for (const ms of [1_000, 1_500, 3_333, 9_999]) {
    const limits = stopLimits(ms);
    t.equal(limits.length, 3);
    t.ok(limits.reduce((sum, limit) => sum + limit, 0) * 1000 <= ms * 0.82, `${ms}: ${limits.join()}`);
  }
});
