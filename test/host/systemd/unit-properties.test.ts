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

void t.test('the command around the start that failed in this run', async (t) => {
  const unit: Properties = { InactiveExitTimestampMonotonic: { value: BEGAN_US } };
  const ran = (
    code: number,
    status: number,
    { ignored = false, exitedUs = BEGAN_US + 1n, script = 'x' } = {},
  ) => [...['/bin/sh', ['sh', script], ignored], ...[1n, BEGAN_US, 1n, exitedUs, 7, code, status]];
  const failed = (pre: unknown[][], post: unknown[][] = []) =>
    unitFacts(unit, { ExecStartPre: { value: pre }, ExecStartPost: { value: post } }).failedCommand;
  t.strictSame(failed([ran(1, 0), ran(1, 3)], [ran(1, 4)]), {
    setting: 'ExecStartPre',
    command: ['/bin/sh', 'x'],
    end: 'exited with 3',
  });
  t.match(failed([], [ran(2, 15)]), { setting: 'ExecStartPost', end: 'was killed by signal 15' });
  t.equal(failed([ran(1, 3, { ignored: true })]), null, 'with "-" its failure is ignored');
  t.equal(failed([ran(1, 3, { exitedUs: BEGAN_US - 1n })]), null, 'of the run before');
  t.equal(failed([ran(0, 0, { exitedUs: 0n })]), null, 'not run yet');
  t.equal(failed([ran(1, 3, { script: '/usr/lib/httpd-guard/gate' })]), null, 'a hook of httpd-guard');
});
