import t from 'tap';
import { Apache } from './apache.ts';
import { Guard, failForSets } from './guard.ts';
import { Lab, until } from './lab.ts';

interface Event {
  event: string;
  unit: string;
  cause: string | null;
  removed: number;
}

void t.test('each kind of event reaches the configured program', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const guard = await Guard.install(lab, apache);
  lab.write(
    'usr/local/bin/on-event',
    '#!/bin/sh\ncat >>/root/events\ncat /proc/self/cgroup >>/root/groups\n',
    0o755,
  );
  lab.write('etc/httpd-guard.toml', '[notify]\non-event = ["/usr/local/bin/on-event"]\n');
  const events = async (): Promise<Event[]> => {
    const { stdout } = await lab.run('cat', '/root/events');
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Event);
  };
  const event = (name: string): Promise<Event> =>
    until(name, async () => (await events()).find((one) => one.event === name) ?? null);

  await t.test('a kill: its cause, and the removal', async (t) => {
    await apache.start();
    await apache.kill9();
    t.match(await event('explained'), { unit: 'apache2.service', cause: /killed|out-of-memory/ });
    await lab.sh('systemctl start apache2');
    const { removed } = await event('cleared');
    t.ok(removed > 0);
    t.notMatch(lab.read('root/groups'), 'apache2.service', "outside httpd's control group");
  });

  await t.test('a recovery', async (t) => {
    await failForSets(apache);
    t.match(await event('recovered'), { unit: 'apache2.service', cause: 'semaphore-leak' });
    await guard.rests();
  });

  await t.test('a program that hangs or is missing keeps nothing from starting', async (t) => {
    await apache.dropIn('zz.conf');
    for (const program of ['"/bin/sleep", "1000"', '"/nowhere"']) {
      lab.write('etc/httpd-guard.toml', `[notify]\non-event = [${program}]\n`);
      await lab.sh('systemctl reset-failed apache2; systemctl start apache2');
      await apache.kill9();
      const beganMs = performance.now();
      t.ok(await apache.tryStart(), program);
      t.ok(performance.now() - beganMs < 15_000);
    }
  });
});
