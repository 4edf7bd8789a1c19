import t from 'tap';
import { Apache, WWW_DATA, letSetsAge, makeSets, setIds } from './apache.ts';
import { Guard, fillTable } from './guard.ts';
import { Lab, until } from './lab.ts';
import { STAND_IN_UNIT, installStandIn } from './stand-in.ts';

void t.test('httpd 2.2 exits with success if no set can be created', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await installStandIn(lab);
  const httpd = new Apache(lab, STAND_IN_UNIT);
  const guard = await Guard.install(lab, httpd);
  const isActive = async (): Promise<true | null> =>
    (await lab.run('systemctl', 'is-active', STAND_IN_UNIT)).stdout === 'active' ? true : null;
  const show = (property: string): Promise<string> =>
    lab.sh(`systemctl show -P ${property} ${STAND_IN_UNIT}`);

  await t.test('it is recovered', async (t) => {
    await httpd.dropIn('zz.conf', 'ExecStartPre=');
    await fillTable(lab);
    const since = await guard.mark();
    t.equal((await lab.run('systemctl', 'start', STAND_IN_UNIT)).exitCode, 0, 'the start says OK');
    await guard.told(/serves again/, since);
    t.equal(await isActive(), true);
    t.match(lab.read('var/log/httpd.log'), "Couldn't create accept lock");
    t.match(
      await lab.sh(
        `journalctl -o cat -u ${STAND_IN_UNIT} MESSAGE_ID=e72fd98e7e3a4d33a272965867eb60b7 || journalctl -o cat -u ${STAND_IN_UNIT}`,
      ),
      'the semaphore table is full of sets leaked by a killed httpd',
    );
    await guard.rests();
  });

  await t.test('stopped by systemctl, it stays down', async (t) => {
    await lab.sh(`systemctl stop ${STAND_IN_UNIT}`);
    t.equal(await show('Result'), 'success');
    const since = await guard.mark();
    await guard.request(`echo ${STAND_IN_UNIT} >request`);
    t.match(await guard.told(/left alone/, since), 'stopped-by-admin');
    t.equal(await isActive(), null);
  });

  await t.test('killed by a signal while sets are free, it stays down', async (t) => {
    await guard.forgetTries();
    await lab.sh(`systemctl start ${STAND_IN_UNIT}`);
    await until('its set', async () => ((await lab.sh('wc -l </proc/sysvipc/sem')) !== '1' ? true : null));
    const since = await guard.mark();
    await lab.sh('kill $(cat /run/httpd.pid)');
    t.match(await guard.told(/left alone/, since), 'nothing to recover');
    t.equal(await isActive(), null);
    t.equal(await show('Result'), 'success');
  });
});

void t.test('httpd 2.2 reports only "Syntax OK"', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  // Milliseconds, as the real one; three mutexes.
  await installStandIn(lab, { isMute: true, sets: 3, pauseMs: 300 });
  const httpd = new Apache(lab, STAND_IN_UNIT);
  await lab.installGuard();
  const MOST = 128;
  await lab.limitSets(MOST);
  await lab.sh(`SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q ${STAND_IN_UNIT}`);
  const start = () => lab.run('systemctl', 'start', STAND_IN_UNIT);
  const state = async (): Promise<string> => (await lab.run('systemctl', 'is-active', STAND_IN_UNIT)).stdout;
  const guard = (...words: string[]) => lab.run('httpd-guard', ...words, '--unit', STAND_IN_UNIT);
  const json = async (...words: string[]) =>
    JSON.parse((await guard(...words, '--json')).stdout) as Record<string, unknown>;
  const configure = (text: string): void => {
    lab.write('etc/httpd-guard.toml', text);
  };
  const fill = async (count: number): Promise<void> => {
    await lab.sh(`systemctl stop ${STAND_IN_UNIT}; ipcrm --all=sem; : >/var/log/httpd.log`);
    await makeSets(lab, count, { uid: WWW_DATA });
    await letSetsAge(lab);
  };
  /** Starts it, and waits until it has exited. */
  const failToStart = async (): Promise<void> => {
    t.equal((await start()).exitCode, 0, 'systemctl start succeeds');
    await until('its end', async () => ((await state()) === 'inactive' ? true : null));
    t.equal(await lab.sh(`systemctl show -P Result ${STAND_IN_UNIT}`), 'success');
  };
  const ADVICE =
    'httpd does not report its user (httpd 2.2); set user = "www-data" in /etc/httpd-guard.toml, or HTTPD_GUARD_USER=www-data';

  await t.test('without user, every command names what to write or to type', async (t) => {
    await fill(0);
    t.match(
      (await guard('check')).stdout,
      'set user = "apache" (or the User of its configuration) in',
      'no hint',
    );
    await fill(MOST);
    await failToStart();
    for (const words of [
      ...[
        ['check'],
        ['check', '--format', 'nagios'],
        ['check', '--json'],
        ['diagnose'],
        ['diagnose', '--json'],
      ],
      ...[['recover'], ['recover', '--dry-run', '--json'], ['clean'], ['limits'], ['install'], ['config']],
      ...[['status'], ['status', '--json'], ['history'], ['history', '--json']],
    ]) {
      const { stdout, stderr } = await guard(...words);
      t.match((stdout + stderr).replaceAll('\\"', '"'), ADVICE, words.join(' '));
    }
    await fill(MOST - 2);
    await failToStart();
    t.match(await guard('recover'), { stdout: ADVICE, exitCode: 3 });
    t.match(await json('recover', '--dry-run'), { cause: 'unknown', outcome: 'unsure' });
    t.match(await json('diagnose'), { cause: 'unknown' }, 'one cause');
    t.match((await guard('check', '--format', 'nagios')).stdout, 'is down (unknown)');
    t.equal((await setIds(lab)).length, MOST - 2, 'nothing was removed');
    await lab.sh('ipcrm --all=sem');
    await start();
    await until('its sets', async () => ((await setIds(lab)).length === 3 ? true : null));
    await lab.sh('ipcrm --all=sem');
    t.match((await guard('check')).stdout, ADVICE, 'by its worker');
    await lab.sh(`systemctl stop ${STAND_IN_UNIT}`);
  });

  await t.test('a guarded unit without user is degraded', async (t) => {
    const folder = `etc/systemd/system/${STAND_IN_UNIT}.d`;
    configure('user = "www-data"\n');
    await lab.sh(`httpd-guard install --quiet --unit ${STAND_IN_UNIT}`);
    t.notMatch((await guard('status')).stdout, /user/);
    await lab.sh('rm /etc/httpd-guard.toml');
    t.match(await guard('status'), {
      exitCode: 1,
      stdout: /httpd\.service: httpd does not report its user .*set user = "/,
    });
    await lab.sh(
      `httpd-guard uninstall --quiet --unit ${STAND_IN_UNIT}; ! test -e /${folder}/50-httpd-guard.conf`,
    );
  });

  await t.test('HTTPD_GUARD_USER is enough for one command, and is not kept for the hooks', async (t) => {
    await fill(2);
    const { exitCode, stdout } = await lab.run(
      ...(['env', 'HTTPD_GUARD_USER=www-data', 'httpd-guard', 'clean', '--unit', STAND_IN_UNIT] as const),
    );
    t.equal(exitCode, 0, stdout);
    t.strictSame(await setIds(lab), []);
    t.equal((await lab.run('test', '-e', `/var/lib/httpd-guard/${STAND_IN_UNIT}`)).exitCode, 1);
  });

  await t.test('another user than that of its workers is a WARNING, and nothing is removed', async (t) => {
    await fill(0);
    await start();
    await until('its sets', async () => ((await setIds(lab)).length === 3 ? true : null));
    await makeSets(lab, 2, { uid: 2 });
    configure('user = "bin"\n');
    const { stdout, exitCode } = await guard('check', '--format', 'nagios');
    t.equal(exitCode, 1, stdout);
    t.match(
      stdout,
      /^HTTPD-GUARD WARNING - .*is bin \(uid 2, \/etc\/httpd-guard\.toml\), but its workers run as www-data/,
    );
    t.match(await guard('clean'), { exitCode: 3, stderr: /workers run as www-data/ });
    t.equal((await setIds(lab)).length, 5);
    configure('user = "www-data"\n');
    t.match((await guard('check', '--format', 'nagios')).stdout, /^HTTPD-GUARD OK - /);
  });

  await t.test('with user set nothing complains, and its ErrorLog is quoted', async (t) => {
    configure('user = "www-data"\nerror-log = "/var/log/httpd.log"\n');
    for (const words of [['check'], ['limits'], ['diagnose'], ['clean', '--dry-run']]) {
      const { reasons } = await json(...words);
      t.notMatch(reasons, /report/, words.join(' '));
    }
    t.notMatch((await guard('status')).stdout, /report/);
    t.equal((await guard('history')).stderr, '');
    await fill(MOST);
    await failToStart();
    const { cause, evidence } = await json('diagnose');
    t.equal(cause, 'semaphore-leak');
    t.match(JSON.stringify(evidence), /Couldn't create accept lock[^}]*\/var\/log\/httpd\.log/);
  });

  const isLeak = async (): Promise<void> => {
    const report = await json('check');
    t.equal(report['status'], 'critical', JSON.stringify(report['reasons']));
    t.equal((await json('diagnose'))['cause'], 'semaphore-leak');
    t.match(await guard('recover'), { exitCode: 0, stdout: /serves again/ });
    t.equal(await state(), 'active');
  };

  await t.test('unguarded and full: it exited with 0 after milliseconds', async () => {
    await isLeak();
  });

  await t.test('unguarded, with fewer free sets than a start makes', async () => {
    for (const free of [1, 2]) {
      await fill(MOST - free);
      await failToStart();
      await isLeak();
    }
  });

  await t.test('guarded without pre-start, with fewer free sets than a start makes', async (t) => {
    await lab.sh(`httpd-guard install --quiet --unit ${STAND_IN_UNIT}`);
    await httpd.dropIn('zz.conf', 'ExecStartPre=');
    for (const free of [0, 1, 2]) {
      await fill(MOST - free);
      await lab.sh('rm -f /var/lib/httpd-guard/*.recoveries');
      t.equal((await start()).exitCode, 0);
      await until(`its recovery, ${free} free`, async () =>
        (await setIds(lab)).length === 3 && (await state()) === 'active' ? true : null,
      );
    }
  });

  await t.test('the gate knows the uid, so a start with nothing to remove runs no Node', async (t) => {
    const folder = `/etc/systemd/system/${STAND_IN_UNIT}.d`;
    const node = await lab.sh(`sed -n 's#.*/gate \\([^ ]*\\) .*#\\1#p' ${folder}/50-httpd-guard.conf`);
    lab.write('usr/local/bin/traced', `#!/bin/sh\n: >/run/node-started\nexec ${node} "$@"\n`, 0o755);
    await lab.sh(
      `rm ${folder}/zz.conf; sed -i 's#/gate [^ ]*#/gate /usr/local/bin/traced#' ${folder}/50-httpd-guard.conf; systemctl daemon-reload`,
    );
    const startedNode = async (): Promise<boolean> => {
      await lab.sh(`rm -f /run/node-started; systemctl restart ${STAND_IN_UNIT}`);
      return (await lab.run('test', '-e', '/run/node-started')).exitCode === 0;
    };
    await fill(0);
    await guard('clean');
    t.match(lab.read(`var/lib/httpd-guard/${STAND_IN_UNIT}`), /^uid 33$/m);
    t.notOk(await startedNode());
    await lab.sh('touch /etc/httpd-guard.toml');
    t.ok(await startedNode(), 'the configuration is newer');
    t.notOk(await startedNode(), 'and cached again');
    await lab.sh('rm /etc/httpd-guard.toml');
    t.ok(await startedNode(), 'the configuration is gone');
  });

  await t.test('settings of one unit', async (t) => {
    configure(
      '[unit."httpd.service"]\nuser = "www-data"\n[unit."httpd.service".check]\nwarn = 1\n[unit.other]\nuser = "bin"\n',
    );
    await lab.sh(`httpd-guard install --quiet --unit ${STAND_IN_UNIT}`);
    const { settings } = (await json('config')) as { settings: { name: string }[] };
    for (const expected of [
      {
        name: 'user',
        value: 'www-data',
        source: 'file',
        origin: '/etc/httpd-guard.toml [unit."httpd.service"]',
      },
      { name: 'check.warn', value: 1, origin: '/etc/httpd-guard.toml [unit."httpd.service"]' },
      { name: 'check.crit', value: 100, source: 'default' },
    ])
      t.match(
        settings.find(({ name }) => name === expected.name),
        expected,
      );
    t.match(await guard('check', '--format', 'nagios'), { exitCode: 1, stdout: /WARNING - .* sets in use/ });
    t.match(await lab.run('httpd-guard', 'check', '--warn', '90'), { exitCode: 0 }, 'auto-detected, too');
  });
});
