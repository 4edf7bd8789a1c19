import t from 'tap';
import { Apache, WWW_DATA, setIds } from './apache.ts';
import { Lab } from './lab.ts';
import { buildPackages, copyRepository, difference, pretendNodejs, state } from './packages.ts';

const DROP_IN = 'etc/systemd/system/apache2.service.d/50-httpd-guard.conf';
const CONFIGURATION = 'etc/httpd-guard.toml';
const WATCH = 'httpd-guard-watch.service';
const MOST_BYTES = 2 * 1024 * 1024;

async function isGuarded(lab: Lab): Promise<boolean> {
  return (await lab.sh('systemctl show -P ExecStartPre apache2')).includes('/usr/lib/httpd-guard/gate');
}

async function isActive(lab: Lab, unit: string): Promise<boolean> {
  return (await lab.run('systemctl', 'is-active', unit)).exitCode === 0;
}

void t.test('packages', async (t) => {
  const lab = await Lab.bootWithTools();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await pretendNodejs(lab);
  await copyRepository(lab);
  const { version } = JSON.parse(lab.read('root/one/package.json')) as { version: string };
  await lab.sh(
    // Another version, with another drop-in. The folders are those that an RPM system has in any case.
    `cd /root; cp -a one two; cd two; sed -i 's/"version": "${version}"/"version": "99.0.0-rc.1"/' package.json; echo '# of 99' >>units/50-httpd-guard.conf; mkdir -p /usr/share/licenses /usr/share/zsh/site-functions`,
  );
  await buildPackages(lab, 'one', '/root/out');
  const deb = `/root/out/httpd-guard_${version}-1_all.deb`;
  const rpm = `/root/out/httpd-guard-${version}-1.noarch.rpm`;
  const newDeb = '/root/out2/httpd-guard_99.0.0~rc.1-1_all.deb';
  const newRpm = '/root/out2/httpd-guard-99.0.0~rc.1-1.noarch.rpm';
  const [lintian] = await Promise.all([
    lab.run('lintian', '--tag-display-limit=0', '--fail-on', 'error', deb),
    buildPackages(lab, 'one', '/root/again').then(() => buildPackages(lab, 'two', '/root/out2')),
  ]);

  await t.test('the same sources build the same small packages', async (t) => {
    t.equal(await lab.sh('diff -r /root/out /root/again'), '');
    for (const size of (await lab.sh('stat -c %s /root/out/*')).split('\n'))
      t.ok(Number(size) > 0 && Number(size) < MOST_BYTES, `${size} bytes`);
  });

  await t.test('lintian, man and shellcheck find no error', async (t) => {
    const clean = { exitCode: 0, stdout: '', stderr: '' };
    t.equal(lintian.exitCode, 0, lintian.stdout);
    t.notMatch(lintian.stdout, /^E:/m);
    t.strictSame(await lab.run('sh', '-c', 'mandoc -Tlint -W warning /root/one/scripts/man/*'), clean);
    t.strictSame(await lab.run('zsh', '-n', '/root/one/scripts/completion/_httpd-guard'), clean);
    for (const script of ['postinst', 'prerm', 'postrm'])
      t.strictSame(await lab.run('sh', '-c', `dpkg-deb -I ${deb} ${script} | sh -n`), clean);
    for (const kind of ['postin', 'preun', 'postun', 'triggerscripts'])
      t.strictSame(await lab.run('sh', '-c', `rpm -qp --qf '%{${kind}}' ${rpm} | grep . | sh -n`), clean);
  });

  await t.test('without rpmbuild only a .deb is built, with a note', async (t) => {
    await lab.sh('mv /usr/bin/rpmbuild /root');
    for (const [flag, exitCode] of [
      ['--out=', 64],
      ['--require-all', 1],
      ['', 0],
    ] as const) {
      const ran = await lab.run(
        'sh',
        '-c',
        `/root/one/scripts/package --system-node --out /root/half ${flag}`,
      );
      t.equal(ran.exitCode, exitCode, flag);
      t.match(
        ran.stderr,
        exitCode === 64 ? /^usage: [^\n]+$/ : /^package: no \.rpm: rpmbuild is missing; install [^\n]+$/,
      );
      t.match(ran.stdout, exitCode === 0 ? /^\/root\/half\/httpd-guard_[^\n]+\.deb$/ : /^$/);
    }
    await lab.sh('mv /root/rpmbuild /usr/bin');
  });

  const before = await state(lab);

  const LOOK_AGAIN = 'dpkg-trigger --no-await /lib/systemd/system/apache2.service; dpkg --triggers-only -a';

  await t.test('if the machine does not allow it, nothing is guarded until it does', async (t) => {
    const inImage = await lab.run('unshare', '-m', 'sh', '-c', `mount -t tmpfs run /run; dpkg -i ${deb}`);
    t.match(inImage, { exitCode: 0, stdout: 'no httpd is guarded yet: systemd is not running.' });
    lab.write('usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
    t.match(await lab.sh(LOOK_AGAIN), 'no httpd is guarded yet: /usr/sbin/policy-rc.d does not allow it.');
    t.notOk(await isGuarded(lab));
    await lab.sh('rm /usr/sbin/policy-rc.d');
    await apache.dropIn('20-hurry.conf', 'TimeoutStartSec=4');
    t.match(
      await lab.sh(LOOK_AGAIN),
      /^httpd-guard: not installed: apache2.service has 4 s to start .*\. To retry: httpd-guard install$/m,
    );
    t.notOk(await isGuarded(lab));
    await lab.sh(`rm /etc/systemd/system/apache2.service.d/20-hurry.conf; systemctl daemon-reload`);
    t.match(
      await lab.sh(LOOK_AGAIN),
      'apache2.service is guarded. To undo',
      'an apache2 that is installed or upgraded is looked at again',
    );
    t.ok(await isGuarded(lab));
  });

  await t.test('neither apache2 nor an upgrade restores what the admin removed', async (t) => {
    await lab.sh('httpd-guard uninstall');
    await lab.sh(LOOK_AGAIN);
    t.notOk(await isGuarded(lab));
    lab.write('etc/systemd/system-preset/50-lab.preset', 'disable httpd-guard-*\n');
    t.match(
      await lab.sh(
        '. /root/one/scripts/packaging/functions; request_install; install_if_requested; install_if_requested',
      ),
      /^httpd-guard: no httpd is guarded yet: a preset of systemd disables it\. To install the hooks: [^\n]+$/,
    );
    t.notOk(await isGuarded(lab));
    await lab.sh('rm -r /etc/systemd/system-preset');
    await lab.sh(`dpkg -i ${deb}`);
    t.notOk(await isGuarded(lab));
  });

  await t.test('removed and installed again, it guards the same units at once', async (t) => {
    await lab.sh('dpkg -r httpd-guard');
    await lab.sh(`dpkg -i ${deb}`);
    t.notOk(await isGuarded(lab), 'nor do a removal and an installation');
    await lab.sh('httpd-guard install; dpkg -r httpd-guard');
    t.notOk(await isGuarded(lab));
    const { exitCode, stdout } = await lab.run('dpkg', '-i', deb);
    t.equal(exitCode, 0);
    t.match(
      stdout,
      'httpd-guard: apache2.service is guarded. To undo: httpd-guard uninstall --unit apache2.service',
    );
    t.ok(await isGuarded(lab));
    t.ok(await isActive(lab, WATCH));
    t.match(
      await lab.sh('httpd-guard --version; man -w httpd-guard 2>&1 || ls /usr/share/man/man8'),
      'httpd-guard',
    );
  });

  await t.test('a Node that its package moved is noticed by the trigger', async (t) => {
    const move = (from: string, to: string): Promise<string> =>
      lab.sh(
        `mv ${from} ${to}; ln -sf ${to} /usr/bin/node; dpkg-trigger --no-await /usr/bin/node; dpkg --triggers-only -a`,
      );
    await move('/usr/local/bin/node', '/usr/local/bin/node-moved');
    t.match(lab.read(DROP_IN), '/gate /usr/local/bin/node-moved %n');
    t.match(await lab.run('httpd-guard', 'status'), { exitCode: 0, stdout: '(/usr/local/bin/node-moved)' });
    await move('/usr/local/bin/node-moved', '/usr/local/bin/node');
    t.match(await lab.run('httpd-guard', 'status'), { exitCode: 0 });
  });

  await t.test('sets leaked by a kill -9 are removed before the next start', async (t) => {
    await apache.start();
    const used = await setIds(lab, WWW_DATA);
    t.not(used.length, 0);
    await apache.kill9();
    t.ok(await apache.tryStart());
    t.ok((await setIds(lab, WWW_DATA)).every((id) => !used.includes(id)));
  });

  await t.test(
    "an upgrade updates the drop-in and the watcher, and keeps the admin's settings",
    async (t) => {
      const edited = `${lab.read(CONFIGURATION)}[check]\nwarn = 60\n`;
      lab.write(CONFIGURATION, edited);
      await lab.sh('systemctl disable httpd-guard-recover.path');
      const watcher = await lab.sh(`systemctl show -P MainPID ${WATCH}`);
      const master = await apache.masterPid();
      t.match(await lab.run('dpkg', '-i', newDeb), { exitCode: 0, stderr: '' });
      t.match(await lab.sh('httpd-guard --version'), '99.0.0-rc.1');
      t.match(lab.read(DROP_IN), '# of 99');
      t.match(await lab.sh('systemctl cat apache2'), '# of 99', 'systemd has read it');
      t.ok(await isActive(lab, WATCH));
      t.not(await lab.sh(`systemctl show -P MainPID ${WATCH}`), watcher);
      t.match((await lab.run('systemctl', 'is-enabled', 'httpd-guard-recover.path')).stdout, 'disabled');
      t.equal(lab.read(CONFIGURATION), edited);
      t.equal(await apache.masterPid(), master, 'httpd itself saw nothing of it');
    },
  );

  await t.test('removed and purged, it restores the previous state', async (t) => {
    await lab.sh('systemctl stop apache2');
    t.match(await lab.run('dpkg', '-r', 'httpd-guard'), { exitCode: 0, stderr: '' });
    t.notOk(await isGuarded(lab));
    t.notOk(await isActive(lab, WATCH));
    t.equal(
      (await lab.run('test', '-e', `/${CONFIGURATION}`)).exitCode,
      0,
      'the configuration stays until the purge',
    );
    t.match(await lab.run('dpkg', '-P', 'httpd-guard'), { exitCode: 0, stderr: '' });
    t.strictSame(difference(before, await state(lab)), []);
  });

  await t.test('it can be removed without a working Node', async (t) => {
    await lab.sh(`dpkg -i ${deb}`);
    t.ok(await isGuarded(lab));
    await lab.sh('mv /usr/local/bin/node /root/node.real');
    t.match(await lab.run('dpkg', '-P', 'httpd-guard'), { exitCode: 0, stderr: '' });
    await lab.sh('mv /root/node.real /usr/local/bin/node');
    t.notOk(await isActive(lab, WATCH));
    t.strictSame(difference(before, await state(lab)), []);
  });

  await t.test('the rpm contains the same files, with its configuration marked', async (t) => {
    const contents = async (command: string): Promise<string[]> => (await lab.sh(command)).trim().split('\n');
    const inDeb = await contents(
      `dpkg-deb -c ${deb} | awk '!/\\/$/ { print substr($6, 2) }' | grep -v /doc/ | sed s/vendor-completions/site-functions/ | sort`,
    );
    const inRpm = await contents(
      `rpm -qpl ${rpm} | grep -vE '/doc/|/licenses/|^/usr/lib/httpd-guard$|^/usr/share/httpd-guard(/schema)?$' | sort`,
    );
    t.strictSame(inRpm, inDeb);
    t.equal((await lab.sh(`rpm -qpc ${rpm}`)).trim(), `/${CONFIGURATION}`);
    t.match(
      await lab.sh(`rpm -qp --qf '[%{FILEFLAGS:fflags} %{FILENAMES}\\n]' ${rpm}`),
      `cn /${CONFIGURATION}`,
    );
    t.match(await lab.sh(`rpm -qpR ${rpm}`), 'nodejs >= 1:20');
    t.notMatch(await lab.sh(`rpm -qplv ${rpm}`), /^(?!.* root +root ).+$/m);
    t.match(await lab.sh(`rpm -qp --triggers ${rpm}`), /triggerin scriptlet \(using \/bin\/sh\) -- httpd\n/);
  });

  await t.test('the rpm guards, is upgraded and removed', async (t) => {
    const run = (...args: string[]) => lab.run('rpm', '--dbpath', '/root/rpmdb', '--nodeps', ...args);
    const installed = await run('-i', rpm);
    t.match(installed, { exitCode: 0, stdout: 'httpd-guard: apache2.service is guarded' });
    t.notMatch(installed.stderr, /warning|error/);
    t.ok(await isGuarded(lab));
    t.ok(await isActive(lab, WATCH));
    const edited = `${lab.read(CONFIGURATION)}[check]\nwarn = 60\n`;
    lab.write(CONFIGURATION, edited);
    const upgraded = await run('-U', newRpm);
    t.equal(upgraded.exitCode, 0);
    t.notMatch(upgraded.stderr, /warning|error/);
    t.match(await lab.sh('systemctl cat apache2'), '# of 99');
    t.ok(await isActive(lab, WATCH));
    t.equal(lab.read(CONFIGURATION), edited);
    t.match(await run('-e', 'httpd-guard'), {
      exitCode: 0,
      stderr: `warning: /${CONFIGURATION} saved as /${CONFIGURATION}.rpmsave`,
    });
    await lab.sh(`rm /${CONFIGURATION}.rpmsave`);
    t.notOk(await isActive(lab, WATCH));
    t.strictSame(difference(before, await state(lab)), []);
  });
});
