import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, setIds } from './apache.ts';
import { Lab, until } from './lab.ts';

void t.test('a running httpd keeps its sets', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  await lab.installGuard();

  await t.test(
    'a reload after a leak: orphaned sets are removed, the sets of the running httpd are kept',
    async (t) => {
      await apache.start();
      await apache.kill9();
      const leaked = await setIds(lab, WWW_DATA);
      await letSetsAge(lab);
      await apache.start();
      await lab.sh('systemctl reload apache2');
      const { removed } = await clean(lab);
      t.strictSame(new Set(removed), new Set(leaked));
      t.ok(await apache.serves());
      await lab.sh('systemctl reload apache2');
      t.strictSame((await clean(lab)).removed, []);
      t.ok(await apache.serves());
    },
  );

  await t.test('a binary that is replaced while it runs', async (t) => {
    await lab.sh('cp /usr/sbin/apache2 /usr/sbin/apache2.new; mv /usr/sbin/apache2.new /usr/sbin/apache2');
    const pid = await apache.masterPid();
    t.match(await lab.sh(`readlink /proc/${pid}/exe`), /\(deleted\)/);
    t.strictSame((await clean(lab)).removed, []);
    t.ok(await apache.serves());
  });

  // The set that is locked least: a launcher made it and is gone, so that nothing but the living master speaks for it.
  const asAnother: [string, string][] = [
    ['a binary of another name', 'cp /usr/sbin/apache2 /opt/my-web-server; exec /opt/my-web-server -k start'],
    ['a binary run by the loader', 'exec /lib64/ld-linux-*.so.2 /usr/sbin/apache2 -k start'],
  ];
  for (const [what, start] of asAnother) {
    await t.test(`${what}, started by hand, its workers killed`, async (t) => {
      await lab.run('systemctl', 'stop', 'apache2');
      await clean(lab);
      lab.write('root/start', `. /etc/apache2/envvars\nmkdir -p /var/run/apache2\n${start}\n`);
      await lab.sh('systemd-run -q --unit mine -p Type=forking sh /root/start');
      await until('it to serve', async () => ((await apache.serves()) ? true : null));
      const sets = await setIds(lab, WWW_DATA);
      t.ok(sets.length > 0);
      t.strictSame((await clean(lab)).removed, []);
      const master = (await lab.sh('systemctl show -P MainPID mine')).trim();
      await lab.sh(`kill -STOP ${master}; pkill -9 -P ${master}`);
      t.strictSame((await clean(lab)).removed, [], 'it is known by what its master runs');
      t.strictSame(await setIds(lab, WWW_DATA), sets);
      await lab.sh(`kill -CONT ${master}`);
      await until('it to serve again', async () => ((await apache.serves()) ? true : null));
      await lab.sh('systemctl stop mine');
    });
  }

  await t.test('workers that survive their master', async (t) => {
    await apache.dropIn('20-survive.conf', 'KillMode=process');
    await apache.start();
    const sets = await setIds(lab, WWW_DATA);
    const master = await apache.masterPid();
    await lab.sh(`kill -9 ${master}`);
    await until('systemd to notice', async () =>
      (await lab.run('systemctl', 'is-active', '-q', 'apache2')).exitCode === 0 ? null : true,
    );
    t.ok(await apache.serves(), 'they go on serving');
    const { removed, kept } = await clean(lab);
    t.strictSame(removed, []);
    t.same(new Set(kept.map(({ id }) => id)), new Set(sets), 'and all their sets are kept');
    const check = JSON.parse((await lab.run('httpd-guard', 'check', '--json')).stdout) as {
      httpd: { masters: unknown[]; orphanedWorkers: unknown[] };
    };
    t.equal(check.httpd.masters.length, 0);
    t.ok(check.httpd.orphanedWorkers.length > 0);
    t.ok(await apache.serves());

    await lab.sh('httpd-guard install');
    await lab.run('systemctl', 'start', 'apache2');
    t.strictSame(
      (await setIds(lab, WWW_DATA)).filter((id) => sets.includes(id)),
      sets,
      'nor does the guard before a start take them',
    );
    t.ok(await apache.serves());
    await lab.sh('pkill -9 apache2; while pgrep apache2; do sleep 0.05; done');
    t.ok((await clean(lab)).removed.length >= sets.length, 'once they are dead, they are orphans');
  });

  await t.test('workers below a wrapper that root moves out of the unit, their master killed', async (t) => {
    lab.write(
      'root/wrapper',
      '. /etc/apache2/envvars\nmkdir -p /var/run/apache2\n/usr/sbin/apache2 -DFOREGROUND\ntrue\n',
    );
    await apache.dropIn('20-survive.conf', 'Type=simple', 'PIDFile=', 'ExecStart=');
    await apache.dropIn('30-wrapper.conf', 'ExecStart=/bin/sh /root/wrapper', 'ExecStop=');
    await lab.run('systemctl', 'reset-failed', 'apache2');
    await apache.start();
    await until('the register to have its sets', async () => {
      const { stdout } = await lab.run('httpd-guard', 'check', '--json');
      const { sets } = JSON.parse(stdout) as { sets: { owner: unknown }[] };
      return sets.some(({ owner }) => owner !== null) ? true : null;
    });
    const sets = await setIds(lab, WWW_DATA);
    await lab.sh(
      `cd /sys/fs/cgroup; mkdir web; master=$(cat /run/apache2/apache2.pid); for pid in $(pgrep -P $master); do echo $pid >web/cgroup.procs; done; kill -9 $master`,
    );
    // Then ExecStopPost= has ended, too.
    await until('the run to end', async () =>
      /^(inactive|failed)$/.test(await lab.sh('systemctl show -P ActiveState apache2')) ? true : null,
    );
    t.ok(await apache.serves(), 'they go on serving');
    t.strictSame((await clean(lab)).removed, []);
    t.strictSame(await setIds(lab, WWW_DATA), sets);
    await lab.sh('pkill -9 apache2; while pgrep apache2; do sleep 0.05; done; rmdir /sys/fs/cgroup/web');
    // A recovery may have done it already.
    await clean(lab);
    t.notOk(
      (await setIds(lab, WWW_DATA)).some((id) => sets.includes(id)),
      'once they are dead, they are orphans',
    );
  });

  t.equal(await apache.mutexErrors(), '');
});
