import t from 'tap';
import { installObstacle } from '../../../src/core/units/install-obstacle.ts';
import { unit } from '../../view/report/report-builder.ts';

void t.test('a unit in which the hooks could not work or could do harm is refused', async (t) => {
  const fine = unit({ startTimeoutMs: 90_000, stopTimeoutMs: 90_000, memoryMaxBytes: Infinity });
  t.equal(installObstacle(fine, null), null);
  t.equal(
    installObstacle(
      { ...fine, startTimeoutMs: 10_000, stopTimeoutMs: 1_000, memoryMaxBytes: 128 * 1024 * 1024 },
      null,
    ),
    null,
  );
  const obstacles: [Parameters<typeof installObstacle>, RegExp][] = [
    [[{ ...fine, ownRoot: '/srv/root' }, null], /\/srv\/root/],
    [[fine, 'LD_PRELOAD=/x'], /LD_PRELOAD=\/x/],
    [[{ ...fine, privateIpc: true }, null], /PrivateIPC=yes/],
    [[{ ...fine, memoryMaxBytes: 128 * 1024 * 1024 - 1 }, null], /MemoryMax=127M/],
    [[{ ...fine, startTimeoutMs: 9_999 }, null], /TimeoutStartSec=/],
    [[{ ...fine, stopTimeoutMs: 500 }, null], /0.5 s .*TimeoutStopSec=/],
  ];
  for (const [[facts, distrust], expected] of obstacles) t.match(installObstacle(facts, distrust), expected);
});
