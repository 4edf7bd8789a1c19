import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, makeSets, setIds } from './apache.ts';
import { Lab, until } from './lab.ts';

void t.test('sets of other programs', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();

  await t.test('sets of PHP, another user and root are foreign', async (t) => {
    await makeSets(lab, 2, { uid: WWW_DATA, as: WWW_DATA, key: 0x70687000, nsems: 3 });
    await makeSets(lab, 2, { uid: WWW_DATA, as: WWW_DATA });
    await makeSets(lab, 2, { uid: 1 });
    await makeSets(lab, 2, { uid: 0 });
    const strangers = await setIds(lab);
    t.equal(strangers.length, 8);
    await apache.start();
    await apache.kill9();
    const all = await setIds(lab);
    const { removed, exitCode } = await clean(lab);
    t.strictSame(
      new Set(removed),
      new Set(all.filter((id) => !strangers.includes(id))),
      'only httpd’s own go',
    );
    t.equal(exitCode, 0);
    t.strictSame(await setIds(lab), strangers);
    t.equal((await clean(lab, '--set', String(strangers[0]))).exitCode, 3, 'not even when asked for by id');
    t.strictSame(await setIds(lab), strangers);
  });

  await t.test(
    'sets of a running httpd are in use, also after User was changed for the next start',
    async (t) => {
      const before = await setIds(lab);
      await apache.start();
      const own = (await setIds(lab)).filter((id) => !before.includes(id));
      t.ok(own.length > 0);
      const user = async (from: string, to: string): Promise<unknown> =>
        lab.sh(`sed -i s/APACHE_RUN_USER=${from}/APACHE_RUN_USER=${to}/ /etc/apache2/envvars`);
      await user('www-data', 'games');
      const { stdout } = await lab.run('httpd-guard', 'check', '--json');
      const { sets } = JSON.parse(stdout) as { sets: { id: number; verdict: string }[] };
      t.ok(
        own.every((id) => sets.find((one) => one.id === id)?.verdict === 'in-use'),
        stdout,
      );
      t.equal(sets.filter(({ verdict }) => verdict === 'orphan').length, 0);
      await user('games', 'www-data');
      await lab.sh('systemctl stop apache2');
      t.strictSame(await setIds(lab), before);
    },
  );

  await t.test('an exact copy of a mutex, used by a running program of another name, is kept', async (t) => {
    const before = await setIds(lab);
    await makeSets(lab, 0, { uid: 0 });
    await lab.sh(
      `sed 's/^}$/}\\nsleep;/' /usr/local/bin/make-sets >/usr/local/bin/hold-sets; chmod +x /usr/local/bin/hold-sets`,
    );
    await lab.sh(`systemd-run -q --unit holder hold-sets 3 ${WWW_DATA} 0 1`);
    const held = await until('the sets to be there', async () => {
      const now = (await setIds(lab)).filter((id) => !before.includes(id));
      return now.length === 3 ? now : null;
    });
    const { removed, kept, exitCode } = await clean(lab);
    t.strictSame(removed, []);
    t.equal(exitCode, 3);
    t.match(kept[0]?.evidence[0]?.saw, /last used by running process/);

    await apache.start();
    await apache.kill9();
    t.strictSame((await clean(lab)).removed, [], 'nor what was left since it began: it could know them all');
    await lab.sh('systemctl stop holder');
    t.ok((await clean(lab)).removed.length > held.length, 'dead, it is no user');
  });

  await t.test(
    'an httpd of the same name in another IPC namespace neither keeps nor loses sets',
    async (t) => {
      await lab.sh(
        "systemd-run -q --unit elsewhere -p PrivateIPC=yes -p Type=forking sh -c '. /etc/apache2/envvars; mkdir -p /var/run/apache2; exec apache2 -k start'",
      );
      const elsewhere = new Apache(lab, 'elsewhere.service');
      await until('it to serve', async () => ((await elsewhere.serves()) ? true : null));
      const pid = await elsewhere.masterPid();
      const inside = (): Promise<string> =>
        lab.sh(`nsenter -t ${pid} -i tail -n +2 /proc/sysvipc/sem | awk '{ print $2 }'`);
      const theirs = await inside();
      t.not(theirs, '');

      const before = await setIds(lab);
      await makeSets(lab, 3, { uid: WWW_DATA });
      t.equal((await clean(lab)).removed.length, 3, 'ours are orphans, whoever lives over there');
      t.strictSame(await setIds(lab), before);
      t.equal(await inside(), theirs);
      t.ok(await elsewhere.serves());

      await lab.run('nsenter', '-t', String(pid), '-i', 'httpd-guard', 'clean');
      t.equal(await inside(), theirs, 'looked at from over there, they live');
      t.ok(await elsewhere.serves());
      await lab.sh('systemctl stop elsewhere');
    },
  );

  await t.test('a shared memory segment is removed by its key once nothing is attached', async (t) => {
    const key = '0x63637069';
    lab.write(
      'root/make-segment',
      `$id = shmget(${key}, 4096, 0600 | 01000); shmread($id, $text, 0, 1); sleep if $ARGV[0];`,
    );
    await lab.sh('systemd-run -q --unit segment -p Type=exec perl /root/make-segment wait');
    await until('the segment', async () => ((await lab.sh('ipcs -m')).includes(key) ? true : null));
    t.equal((await clean(lab, '--shm-key', key)).exitCode, 3, 'its maker lives');
    await lab.sh('systemctl stop segment');
    t.strictSame((await clean(lab, '--shm-key', '0x12345678')).removed, []);
    t.equal((await clean(lab, '--shm-key', key)).removed.length, 1);
    t.notMatch(await lab.sh('ipcs -m'), key);
  });

  t.equal(await apache.mutexErrors(), '');
});

void t.test('a server started by an ordinary user', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await Apache.setUp(lab);
  await lab.installGuard();
  await lab.sh('useradd me; mkdir /srv/me; chown me /srv/me');
  const modules = ['mpm_prefork', 'authz_core', 'dir'];
  const settings = [
    'ServerName me',
    'Mutex sysvsem default',
    'Listen 8000',
    'Listen 8001',
    'User me',
    'PidFile /srv/me/pid',
    'ErrorLog /srv/me/log',
    'DocumentRoot /var/www/html',
    'DirectoryIndex index.html',
  ];
  const load = modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
  lab.write('srv/me/conf', [...load, ...settings, ''].join('\n'));
  lab.write(
    'etc/systemd/system/my-httpd.service',
    '[Service]\nUser=me\nType=exec\nExecStart=/usr/sbin/apache2 -f /srv/me/conf -DFOREGROUND\n',
  );
  await lab.sh('systemctl daemon-reload');
  // What an ordinary user's unit runs is not run as root, not even to ask it.
  lab.write('srv/me/httpd', '#!/bin/sh\nid -un >>/tmp/asked-as\nexec /usr/sbin/apache2 "$@"\n', 0o755);
  await lab.sh(
    'sed -i s,/usr/sbin/apache2,/srv/me/httpd, /etc/systemd/system/my-httpd.service; systemctl daemon-reload',
  );
  const mine = new Apache(lab, 'my-httpd.service', 8000);
  await mine.start();
  const uid = Number(await lab.sh('id -u me'));
  const sets = await setIds(lab, uid);
  t.ok(sets.length > 0);
  t.strictSame((await clean(lab, '--unit', 'my-httpd')).removed, []);
  t.ok(await mine.serves());
  t.equal(await lab.sh('sort -u /tmp/asked-as'), 'me');
  await mine.kill9();
  await letSetsAge(lab);
  await lab.sh('systemd-run -q --unit other -p Type=exec --uid me sleep infinity');
  const { removed, kept } = await clean(lab, '--unit', 'my-httpd');
  t.strictSame(
    new Set(removed),
    new Set(sets),
    `a younger program of that user cannot know them ${JSON.stringify(kept)}`,
  );
  await makeSets(lab, 2, { uid, as: uid });
  t.strictSame((await clean(lab, '--unit', 'my-httpd')).removed, [], 'an older one could have made them');
});
