import t, { type Test } from 'tap';
import { Apache } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

const WATCH = 'httpd-guard-watch.service';
const INSTALL = 'httpd-guard install --unit apache2.service';

void t.test('status: whether httpd-guard is on, and the command that fixes what is not', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();
  await apache.start();
  const status = (...words: string[]) => lab.run('httpd-guard', 'status', ...words);

  /** Expects a degraded status with this fix, runs the fix and expects it to help. */
  const fixed = async (t: Test, saw: RegExp, run: string): Promise<void> => {
    const { exitCode, stdout } = await status('--quiet');
    t.equal(exitCode, 1, stdout);
    t.match(stdout, saw);
    t.match(`${stdout}\n`, `To fix: ${run}\n`);
    const check = await lab.run('httpd-guard', 'check', '--format', 'nagios');
    t.match(check, { exitCode: 1, stdout: /^HTTPD-GUARD WARNING - apache2.service is guarded, but / });
    await lab.sh(run);
    t.match(await status(), { exitCode: 0, stdout: /^httpd-guard is on: apache2.service\n/ }, run);
  };

  await t.test('not installed', async (t) => {
    t.match(await status(), { exitCode: 3, stdout: /Not guarded: apache2.service/ });
    const check = await lab.run('httpd-guard', 'check');
    t.match(check, { exitCode: 0, stdout: `apache2.service is not guarded by httpd-guard: ${INSTALL}` });
  });

  const guard = await Guard.install(lab, apache);

  await t.test('on and working, in one screen', async (t) => {
    const { exitCode, stdout } = await status();
    t.equal(exitCode, 0, stdout);
    t.match(stdout, 'active (running), enabled, listens on 80, 81');
    t.match(stdout, /hooks {3}current, loaded; Node 24\.\S+ \(\/usr\/local\/bin\/node\)/);
    t.match(stdout, `\n${WATCH}`);
    t.ok(stdout.split('\n').length <= 24);
    t.notMatch((await lab.run('httpd-guard', 'check')).stdout, 'guarded');
    t.match(await status('--unit', 'other'), { exitCode: 3 });
  });

  await t.test('what is done is shown, and counted', async (t) => {
    await apache.kill9();
    t.ok(await apache.tryStart());
    t.match((await status()).stdout, /last {4}\d{4}-\d\d-\d\d .*removed \d+ semaphore sets/);
    t.match(
      await lab.sh('httpd-guard check --format prometheus'),
      /^httpd_guard_sets_removed_total\{unit="apache2.service"\} [1-9]/m,
    );
    await guard.rests();
  });

  await t.test('a watcher that does not run', async (t) => {
    await lab.sh(`systemctl stop ${WATCH}`);
    t.match(await lab.sh('httpd-guard install --dry-run'), `would start /etc/systemd/system/${WATCH}`);
    t.match(await lab.sh('httpd-guard check --format prometheus || true'), 'httpd_guard_watcher_up 0\n');
    await fixed(t, /the watcher is not running/, `systemctl restart ${WATCH}`);
    await lab.sh(`systemctl stop ${WATCH}`);
    t.match(await lab.sh('httpd-guard install'), `started /etc/systemd/system/${WATCH}`);
    await lab.sh(`systemctl disable -q ${WATCH}`);
    await fixed(t, /does not start at boot/, `systemctl enable ${WATCH}`);
  });

  await t.test('a masked watcher is not unmasked by install', async (t) => {
    await lab.sh(
      `systemctl stop ${WATCH}; mv /etc/systemd/system/${WATCH} /root; systemctl mask -q ${WATCH}; systemctl daemon-reload`,
    );
    const refused = await lab.run('httpd-guard', 'install');
    t.match(refused, { exitCode: 1, stderr: `${WATCH} is masked; to unmask it: systemctl unmask ${WATCH}` });
    await fixed(t, /the watcher is masked/, `systemctl unmask ${WATCH} && ${INSTALL}`);
  });

  await t.test('hooks that systemd does not run', async (t) => {
    await apache.dropIn('zz.conf', 'ExecStartPre=');
    const { exitCode, stdout } = await status('--quiet');
    t.equal(exitCode, 1);
    t.match(stdout, 'another drop-in of apache2.service removes the hooks (ExecStartPre=)');
    await lab.sh('rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');
    await lab.sh('echo "# changed" >>/etc/systemd/system/apache2.service.d/50-httpd-guard.conf');
    await fixed(t, /came from another version/, INSTALL);
    await apache.dropIn('20-hurry.conf', 'TimeoutStopSec=3');
    await fixed(t, /or for another TimeoutStopSec=/, INSTALL);
    await lab.sh('rm /etc/systemd/system/apache2.service.d/20-hurry.conf; systemctl daemon-reload');
    await lab.sh(INSTALL);
  });

  await t.test("drop-ins of httpd-guard's own units", async (t) => {
    const path = 'httpd-guard-recover.path';
    const cases: [string, string, RegExp][] = [
      [path, '[Path]\nPathExists=', /recover.path does not work: PathExists= of .* is overridden by/],
      [path, '[Path]\nUnit=dbus.service', /recover.path does not work: Unit= of/],
      ['httpd-guard-recover.service', '[Service]\nExecStart=\nExecStart=/bin/true', /ExecStart= of/],
      [
        WATCH,
        '[Service]\nType=simple\nExecStart=\nExecStart=/bin/sleep 1h',
        /the watcher does not work: Exec/,
      ],
      [WATCH, '[Service]\nExecStart=\nExecStart=/bin/false', /the watcher does not work: ExecStart=/],
      [WATCH, '[Unit]\nConditionPathExists=/nowhere', /the watcher is not running .* is changed by/],
    ];
    for (const [unit, text, saw] of cases) {
      const file = `/etc/systemd/system/${unit}.d/admin.conf`;
      lab.write(file, `${text}\n`);
      await lab.sh(`systemctl daemon-reload; systemctl restart ${path} ${WATCH} || true`);
      t.match(
        await lab.sh('httpd-guard check --format prometheus || true'),
        'httpd_guard_watcher_up 0\n',
        text,
      );
      const start = unit.endsWith('recover.service')
        ? `systemctl reset-failed ${unit} && systemctl restart ${path}`
        : `systemctl restart ${unit}`;
      await fixed(t, saw, `mv ${file} ${file}.off && systemctl daemon-reload && ${start}`);
    }
    lab.write(`/etc/systemd/system/${WATCH}.d/admin.conf`, '[Service]\nMemoryMax=512M\n');
    await lab.sh(`systemctl daemon-reload; systemctl restart ${WATCH}`);
    t.match(await status(), { exitCode: 0 }, 'one that changes nothing of it');
    await lab.sh(`systemctl stop ${WATCH}`);
    await fixed(t, /the watcher is not running/, `systemctl restart ${WATCH}`);
    await lab.sh(`rm -r /etc/systemd/system/${WATCH}.d; systemctl daemon-reload`);
  });

  await t.test('an httpd that was uninstalled', async (t) => {
    const file = '/lib/systemd/system/apache2.service';
    const uninstall = 'httpd-guard uninstall --unit apache2.service';
    // Of an executable init script systemd would make a unit.
    await lab.sh(
      `systemctl stop apache2; mv ${file} /root; chmod -x /etc/init.d/apache2; systemctl daemon-reload`,
    );
    for (const also of ['true', 'systemctl mask -q apache2']) {
      await lab.sh(also);
      const { exitCode, stdout } = await status('--quiet');
      t.equal(exitCode, 1, stdout);
      t.match(`${stdout}\n`, `does not exist (httpd was uninstalled?). To fix: ${uninstall}\n`, also);
      const saw = 'apache2.service is guarded, but the unit file of apache2.service does not exist';
      for (const words of [[], ['--unit', 'apache2.service'], ['--format', 'nagios']]) {
        const check = await lab.run('httpd-guard', 'check', ...words);
        t.match(check, { exitCode: 1, stdout: saw }, `${also}: check ${words.join(' ')}`);
      }
      t.match(
        await lab.sh('httpd-guard check --format prometheus || true'),
        'httpd_guard_guarded{unit="apache2.service"} 0\n',
      );
    }
    t.match(await lab.run('httpd-guard', 'check', '--unit', 'other'), { exitCode: 3 });
    await lab.sh(uninstall);
    t.match(await status(), { exitCode: 3 }, 'and then nothing is left');
    await lab.sh('systemctl unmask -q apache2; chmod +x /etc/init.d/apache2');
    await lab.sh(`mv /root/apache2.service ${file}; systemctl daemon-reload`);
    await apache.start();
    await lab.sh(INSTALL);
    t.match(await status(), { exitCode: 0 });
  });

  await t.test('a copy that lacks a file', async (t) => {
    for (const name of ['gate', 'run-node', 'commands-watch.cjs', 'commands-recover.cjs']) {
      await lab.sh(`mv /usr/lib/httpd-guard/${name} /root`);
      const { exitCode, stdout } = await status('--quiet');
      t.equal(exitCode, 1, stdout);
      t.match(stdout, `/usr/lib/httpd-guard lacks ${name}; install this version of httpd-guard again`);
      await lab.sh(`mv /root/${name} /usr/lib/httpd-guard`);
      t.match(await status(), { exitCode: 0 });
    }
  });

  await t.test('a masked httpd is down on purpose', async (t) => {
    await lab.sh('systemctl stop apache2; systemctl mask -q apache2');
    t.match(await status(), { exitCode: 0 });
    t.notMatch((await lab.run('httpd-guard', 'check')).stdout, 'is guarded, but');
    await lab.sh('systemctl unmask -q apache2');
    await apache.start();
  });

  await t.test('httpd that does not serve', async (t) => {
    await lab.sh('systemctl stop apache2');
    t.match(await status(), { exitCode: 0, stdout: 'inactive (dead)' }, 'stopped on purpose');
    await lab.sh('echo Nonsense >/etc/apache2/conf-enabled/nonsense.conf; systemctl start apache2 || true');
    t.match(await status(), { exitCode: 1, stdout: 'To fix: httpd-guard diagnose --unit apache2.service' });
    await lab.sh('rm /etc/apache2/conf-enabled/nonsense.conf; systemctl reset-failed apache2');
    await apache.start();
    guard.configure('health-url = "http://127.0.0.1/nowhere"');
    t.match(await status(), { exitCode: 1, stdout: 'http://127.0.0.1/nowhere answers 404' });
    await lab.sh('rm /etc/httpd-guard.toml');
  });

  await t.test('a D-Bus that hangs: what is unknown is named, in bounded time', async (t) => {
    await lab.sh('pkill -STOP -x dbus-daemon');
    const beganMs = performance.now();
    const { exitCode, stdout } = await status();
    const tookMs = performance.now() - beganMs;
    await lab.sh('pkill -CONT -x dbus-daemon');
    t.equal(exitCode, 1);
    t.match(stdout, 'the hooks of apache2.service could not be checked: cannot query systemd over D-Bus');
    t.ok(tookMs < 8_000, `${Math.round(tookMs)} ms`);
  });

  await t.test('a D-Bus that hangs: every command that looks ends within 6 s', async (t) => {
    await lab.sh('pkill -STOP -x dbus-daemon');
    for (const words of ['limits', 'clean --dry-run', 'recover --dry-run --unit apache2']) {
      const beganMs = performance.now();
      const { stdout, stderr } = await lab.run('httpd-guard', ...words.split(' '));
      const tookMs = performance.now() - beganMs;
      t.ok(tookMs < 6_000, `${words}: ${Math.round(tookMs)} ms`);
      t.match(stdout + stderr, 'cannot query systemd over D-Bus', words);
    }
    await lab.sh('pkill -CONT -x dbus-daemon');
  });

  await t.test(
    'Node that was upgraded, moved or removed is reported once, and fixed by install',
    async (t) => {
      const since = (await guard.mark()).trim();
      const linesWith = async (pattern: string): Promise<number> =>
        Number(
          await lab.sh(
            `journalctl --sync; journalctl -q -o cat --since=${since} SYSLOG_IDENTIFIER=sh | grep -c "${pattern}" || true`,
          ),
        );
      await lab.sh(
        'rm /usr/local/bin/node; cp /opt/node-20/bin/node /usr/local/bin/node; httpd-guard install',
      );
      await lab.sh(
        `cp --remove-destination /opt/node-24/bin/node /usr/local/bin/node; systemctl restart ${WATCH}`,
      );
      t.match(await status(), { exitCode: 0, stdout: /Node 24\./ }, 'an upgrade in place needs nothing');

      await lab.sh(`mv /usr/local/bin/node /usr/bin/node; systemctl restart ${WATCH} || true`);
      await until('the watcher to give up', async () =>
        (await lab.run('systemctl', 'is-failed', WATCH)).exitCode === 0 ? true : null,
      );
      t.equal(await linesWith('/usr/local/bin/node cannot be executed. To fix: httpd-guard install'), 1);
      await fixed(t, /cannot run: \/usr\/local\/bin\/node cannot be executed/, INSTALL);
      t.equal(await linesWith('cannot be executed'), 1, 'once');

      // With a watcher that still runs from the removed file.
      await lab.sh('mv /usr/bin/node /usr/local/sbin/node');
      // A recovery that was still running may take the first request.
      await until('the line', async () => {
        await guard.request('echo apache2.service >request');
        return (await linesWith('/usr/bin/node cannot be executed. To fix: httpd-guard install')) > 0
          ? true
          : null;
      });
      t.match((await lab.run('systemctl', 'is-active', 'httpd-guard-recover.path')).stdout, 'active');
      await fixed(t, /cannot run: \/usr\/bin\/node cannot be executed/, INSTALL);
      await lab.sh('mv /usr/local/sbin/node /root/node');
      t.match(await lab.run('httpd-guard', 'status'), {
        exitCode: 127,
        stderr: 'Node not found on the PATH',
      });
    },
  );
});
