import t from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Lab } from './lab.ts';
import { verifyUnits } from './verify-units.ts';

const DROP_IN = '/etc/systemd/system/apache2.service.d/50-httpd-guard.conf';

void t.test('install and uninstall', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  const state = (): Promise<string> =>
    lab.sh(
      'find /etc /usr /var/lib -xdev ! -path "/var/lib/systemd*" ! -name journal ! -name console-setup | sort; systemctl cat apache2',
    );
  const before = await state();
  await lab.installGuard();

  await t.test('a dry run writes nothing', async (t) => {
    const { exitCode, stdout } = await lab.run('httpd-guard', 'install', '--dry-run');
    t.equal(exitCode, 0);
    t.match(stdout, `--- /dev/null\n+++ ${DROP_IN}\n@@ -0,0 +1,`);
    t.match(stdout, '+ExecStartPre=-+/bin/sh /usr/lib/httpd-guard/gate ');
    t.equal((await lab.run('test', '-e', DROP_IN)).exitCode, 1);
    await lab.run('httpd-guard', 'check');
    t.equal(await lab.sh('ls -A /var/lib/httpd-guard'), 'register', 'check writes only what it has seen');
  });

  await t.test('a second install changes nothing', async (t) => {
    const said = await lab.sh('httpd-guard install');
    t.match(said, `wrote ${DROP_IN}`);
    t.match(said, /^apache2.service is disabled: .* but httpd-guard never starts it$/m);
    const enabled = (what: 'enable' | 'disable') => `SYSTEMCTL_SKIP_SYSV=1 systemctl ${what} -q apache2`;
    t.notMatch(
      await lab.sh(`${enabled('enable')}; httpd-guard install; ${enabled('disable')}`),
      'never starts',
    );
    const text = lab.read(DROP_IN);
    t.match(await lab.sh('httpd-guard install'), 'nothing to change');
    t.equal(lab.read(DROP_IN), text);
    t.match(await lab.sh('systemctl cat apache2'), 'ExecStartPre=-+/bin/sh /usr/lib/httpd-guard/gate');
    t.equal(await verifyUnits(lab, 'apache2.service'), '');
  });

  await t.test("many requests in a row do not reach systemd's start limit", async (t) => {
    await lab.sh('mkdir -p /var/lib/prometheus/node-exporter; httpd-guard install');
    const units = 'httpd-guard-watch.service httpd-guard-recover.path httpd-guard-metrics.timer';
    // systemd 255 and later keep the count over a reload, so it is asked without one.
    const { exitCode, stderr } = await lab.run(
      ...(['sh', '-c', `for i in 1 2 3 4 5 6; do systemctl restart ${units} || exit; done`] as const),
    );
    t.strictSame({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    await lab.sh('httpd-guard uninstall; rm -r /var/lib/prometheus; httpd-guard install');
  });

  await t.test('a start with nothing to remove does not start Node', async (t) => {
    await lab.sh(
      'mv /usr/local/bin/node /usr/local/bin/node.real; printf "#!/bin/sh\\necho started >>/root/node-started\\nexec node.real \\"\\$@\\"\\n" >/usr/local/bin/node; chmod +x /usr/local/bin/node',
    );
    // This is about ExecStartPre alone.
    await apache.dropIn('zz.conf', 'ExecStopPost=');
    await lab.sh('systemctl stop httpd-guard-watch');
    await apache.start();
    t.equal((await lab.run('test', '-e', '/root/node-started')).exitCode, 1);
    await apache.kill9();
    t.ok(await apache.tryStart());
    t.equal(lab.read('root/node-started'), 'started\n', 'and one with something does');
    await lab.sh(
      'touch -d "+1 minute" /etc/apache2/apache2.conf; rm /root/node-started; systemctl restart apache2',
    );
    t.equal(
      lab.read('root/node-started'),
      'started\n',
      'so does one after httpd’s configuration was changed',
    );
    await lab.sh('touch /etc/apache2/apache2.conf; mv /usr/local/bin/node.real /usr/local/bin/node');
  });

  await t.test('User moved to another file is noticed', async (t) => {
    await apache.kill9();
    await lab.sh(
      "sed -i '/^User/d' /etc/apache2/apache2.conf; touch -d '1 hour ago' /etc/apache2/apache2.conf",
    );
    lab.write('etc/apache2/conf-enabled/user.conf', 'User nobody\n');
    for (let cycle = 0; cycle < 3; cycle++) {
      t.ok(await apache.tryStart());
      await apache.kill9();
    }
    const nobodys = await setIds(lab, 65534);
    t.ok(await apache.tryStart());
    t.ok(
      (await setIds(lab, 65534)).every((id) => !nobodys.includes(id)),
      'what the last one left is gone',
    );
    await lab.sh(
      "systemctl stop apache2; rm /etc/apache2/conf-enabled/user.conf; echo 'User ${APACHE_RUN_USER}' >>/etc/apache2/apache2.conf",
    );
  });

  await t.test(
    'a configuration that takes long to read does not delay a start for long: the last valid answer is used',
    async (t) => {
      await apache.start();
      await apache.kill9();
      const left = await setIds(lab, WWW_DATA);
      await lab.sh(
        'cp /etc/apache2/envvars /root/envvars; echo \'case "$*" in *-t*) sleep 60 ;; esac\' >>/etc/apache2/envvars',
      );
      const beganMs = performance.now();
      t.ok(await apache.tryStart());
      t.ok(performance.now() - beganMs < 15_000);
      t.ok(
        (await setIds(lab, WWW_DATA)).every((id) => !left.includes(id)),
        'and what was left is gone',
      );
      await lab.sh('cp /root/envvars /etc/apache2/envvars');
    },
  );

  await lab.sh('rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');

  await t.test('a unit with too little time or memory to start is not guarded', async (t) => {
    await lab.sh('httpd-guard uninstall');
    await apache.dropIn('20-hurry.conf', 'TimeoutStartSec=4');
    const { exitCode, stderr } = await lab.run('httpd-guard', 'install');
    t.equal(exitCode, 1);
    t.match(stderr, 'has 4 s to start (TimeoutStartSec=)');
    await apache.dropIn('20-hurry.conf', 'MemoryMax=64M');
    const narrow = await lab.run('httpd-guard', 'install');
    t.equal(narrow.exitCode, 1);
    t.match(narrow.stderr, 'has MemoryMax=64M');
    await apache.dropIn('20-hurry.conf', 'MemoryMax=128M');
    t.equal((await lab.run('httpd-guard', 'install', '--dry-run')).exitCode, 0);
    await lab.sh(
      'rm /etc/systemd/system/apache2.service.d/20-hurry.conf; systemctl daemon-reload; httpd-guard install',
    );
  });

  await t.test('a unit with its own IPC namespace is not guarded', async (t) => {
    await lab.sh('httpd-guard uninstall');
    await apache.dropIn('20-apart.conf', 'PrivateIPC=yes');
    const { exitCode, stderr } = await lab.run('httpd-guard', 'install');
    t.equal(exitCode, 1);
    t.match(stderr, 'apache2.service has its own IPC namespace (PrivateIPC=yes)');
    await lab.sh('rm /etc/systemd/system/apache2.service.d/20-apart.conf; systemctl daemon-reload');
  });

  await t.test('units that systemd rejects are restored', async (t) => {
    const files =
      'ls /etc/systemd/system/*httpd-guard* /etc/systemd/system/apache2.service.d 2>/dev/null || true';
    const before = await lab.sh(files);
    // With exit code 0, as before systemd 250.
    lab.write(
      'usr/local/sbin/systemd-analyze',
      '#!/bin/sh\necho "other.service: not our business" >&2\necho "/etc/systemd/system/httpd-guard-watch.service:3: so not" >&2\n',
      0o755,
    );
    const { exitCode, stderr } = await lab.run('httpd-guard', 'install');
    t.equal(exitCode, 1);
    t.match(stderr, 'systemd rejected the units: /etc/systemd/system/httpd-guard-watch.service:3: so not');
    t.equal(await lab.sh(files), before);
    await lab.sh('rm /usr/local/sbin/systemd-analyze');
  });

  await t.test('a full file system leaves no incomplete file', async (t) => {
    const files =
      'ls /etc/systemd/system/*httpd-guard* /etc/systemd/system/apache2.service.d 2>/dev/null || true';
    const before = await lab.sh(files);
    // The first file has room, the next one none.
    const { exitCode, stderr } = await lab.run(
      ...(['unshare', '-m', 'sh', '-c'] as const),
      `mount -t tmpfs -o size=64k none /mnt && cp -a /etc/systemd/system/. /mnt && mount --move /mnt /etc/systemd/system && dd if=/dev/zero of=/etc/systemd/system/full bs=4k 2>/dev/null; truncate -s -4096 /etc/systemd/system/full; httpd-guard install; code=$?; { ${files}; } >/root/files; exit $code`,
    );
    t.equal(exitCode, 1);
    t.match(stderr, /not installed: \/etc\/systemd\/system\/.* cannot be written: the file system is full/);
    t.equal(lab.read('root/files').trimEnd(), before);
  });

  await t.test('another httpd on this host is named', async (t) => {
    lab.write('etc/systemd/system/own.service', '[Service]\nExecStart=/opt/own/bin/httpd -DFOREGROUND\n');
    await lab.sh('systemctl daemon-reload');
    t.match(
      await lab.sh('httpd-guard install'),
      'own.service is not guarded. To guard it: httpd-guard install --unit own.service',
    );
    await lab.sh('rm /etc/systemd/system/own.service; systemctl daemon-reload');
  });

  await t.test('a drop-in that httpd-guard did not write is kept', async (t) => {
    const text = lab.read(DROP_IN);
    lab.write(DROP_IN, '[Service]\n');
    for (const command of ['install', 'uninstall']) {
      const { exitCode, stderr } = await lab.run('httpd-guard', command, '--unit', 'apache2');
      t.equal(exitCode, 1);
      t.match(stderr, 'was not written by httpd-guard');
    }
    t.equal(lab.read(DROP_IN), '[Service]\n');
    lab.write(DROP_IN, text);
  });

  await t.test('root does not run programs that other users can replace', async (t) => {
    await lab.sh('cp -a /usr/lib/httpd-guard /home/guard; chmod 777 /home/guard');
    const { exitCode, stderr } = await lab.run('node', '/home/guard/httpd-guard.cjs', 'install');
    t.equal(exitCode, 1);
    t.match(stderr, '/home/guard is writable by other users than root');
    await lab.sh('rm -r /home/guard');
  });

  await t.test('uninstall restores the previous state', async (t) => {
    await lab.sh(
      'systemctl stop apache2; touch /etc/systemd/system/.httpd-guard.httpd-guard-watch.service.999999999',
    );
    await lab.sh('mkdir -p /run/httpd-guard; mount --bind /run/httpd-guard /run/httpd-guard');
    const said = await lab.sh('httpd-guard uninstall');
    t.match(said, `removed ${DROP_IN}`);
    t.match(said, '/run/httpd-guard cannot be removed: it is in use (EBUSY)', 'that keeps nothing else');
    await lab.sh('umount /run/httpd-guard');
    t.match(await lab.sh('httpd-guard uninstall'), 'no unit is guarded');
    await lab.uninstallGuard();
    t.equal(await state(), before);
  });
});
