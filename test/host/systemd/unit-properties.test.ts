import t from 'tap';
import { type Properties, unitFacts } from '../../../src/host/systemd/unit-properties.ts';

const BEGAN_US = 5_000_000n;

/** As ExecStart on the bus: the run's exit time, code and status are the last of them. */
const statusOf = (exitedUs: bigint, code: number, status: number): number | null => {
  const exec = ['/bin/x', ['/bin/x'], false, 1n, BEGAN_US, 1n, exitedUs, 7, code, status];
  const unit: Properties = { InactiveExitTimestampMonotonic: { value: BEGAN_US } };
  return unitFacts(unit, { ExecStart: { value: [exec] } }).startStatus;
};

void t.test('the exit status of the start command is that of this run', async (t) => {
  t.equal(statusOf(BEGAN_US + 1n, 1, 203), 203);
  t.equal(statusOf(BEGAN_US - 1n, 1, 203), null, 'of the run before');
  t.equal(statusOf(BEGAN_US + 1n, 2, 9), null, 'killed by a signal');
  t.equal(statusOf(0n, 0, 0), null, 'still running');
  t.equal(unitFacts({}, {}).startStatus, null);
});
