import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import t from 'tap';
import { notify } from '../../../src/host/systemd/notify.ts';

void t.test('the version of systemd-notify is asked once, and each message is sent', async (t) => {
  const children: ChildProcess[] = [];
  subscribe('child_process', (message) => {
    children.push((message as { process: ChildProcess }).process);
  });
  // Nobody listens there: a failure is ignored.
  process.env['NOTIFY_SOCKET'] = `${t.testdir()}/none`;
  await Promise.all([notify('READY=1'), notify('STATUS=a')]);
  await notify('WATCHDOG=1');
  const started = children.map(({ spawnargs }) => spawnargs.join(' '));
  t.equal(started.filter((line) => line === 'systemd-notify --version').length, 1);
  for (const message of ['READY=1', 'STATUS=a', 'WATCHDOG=1'])
    t.ok(
      started.some((line) => line.includes(message)),
      message,
    );

  delete process.env['NOTIFY_SOCKET'];
  children.length = 0;
  await notify('WATCHDOG=1');
  t.strictSame(children, [], 'nothing is started without a socket');
});
