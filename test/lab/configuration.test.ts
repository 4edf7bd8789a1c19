import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, makeSets, setIds } from './apache.ts';
import { Lab } from './lab.ts';

void t.test('the configuration by file, environment and command line', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();
  const configure = (text: string): void => {
    lab.write('etc/httpd-guard.toml', text);
  };

  await t.test('config prints each value and where it comes from', async (t) => {
    configure('[recover]\nsettle = 1\n');
    const { stdout, exitCode } = await lab.run(
      'env',
      'HTTPD_GUARD_WARN=70',
      'httpd-guard',
      'config',
      '--json',
    );
    t.equal(exitCode, 0);
    const { settings } = JSON.parse(stdout) as { settings: { name: string }[] };
    for (const expected of [
      { name: 'unit', value: 'apache2.service', source: 'systemd', origin: 'auto-detected' },
      { name: 'user', value: 'www-data', source: 'httpd' },
      { name: 'check.warn', value: 70, source: 'environment', origin: 'HTTPD_GUARD_WARN' },
      { name: 'check.crit', value: 100, source: 'default' },
      { name: 'recover.settle', value: 1, source: 'file', origin: '/etc/httpd-guard.toml' },
    ])
      t.match(
        settings.find(({ name }) => name === expected.name),
        expected,
      );
    t.match(await lab.sh('httpd-guard config --unit b'), /^unit +"b\.service" +command line$/m);
  });

  await t.test('limits for check', async (t) => {
    await lab.limitSets(10);
    await makeSets(lab, 5, { uid: 0, key: 7 });
    configure('[check]\nwarn = 40\ncrit = 60\n');
    const code = async (...words: string[]): Promise<number> =>
      (await lab.run('httpd-guard', 'check', ...words)).exitCode;
    t.equal(await code(), 1);
    t.equal(await code('--warn', '60'), 0);
    t.equal(await code('--crit', '50'), 2);
    await lab.sh('ipcrm --all=sem');
    await lab.limitSets(32000);
  });

  await t.test('a wrong configuration: nothing is removed, and httpd starts', async (t) => {
    configure('');
    await lab.sh('httpd-guard install');
    configure('[check]\nwarm = 40\n');
    await makeSets(lab, 2, { uid: WWW_DATA });
    const { exitCode, stderr } = await clean(lab);
    t.equal(exitCode, 3);
    t.match(stderr, 'check.warm is not a setting: did you mean check.warn?');
    for (const [command, code] of [
      ['check', 3],
      ['diagnose', 3],
      ['recover', 3],
      ['config', 1],
      ['install', 1],
      ['pre-start', 0],
      ['post-stop', 0],
    ] as const)
      t.equal((await lab.run('httpd-guard', command, '--unit', 'apache2')).exitCode, code, command);
    await apache.start();
    t.match(await lab.sh('journalctl -u apache2 -o cat'), 'nothing was removed before this start');
    const made = (await setIds(lab, WWW_DATA)).length;
    t.ok(made > 2, 'the two are still there');
    configure('');
    await lab.sh('systemctl restart apache2');
    t.equal((await setIds(lab, WWW_DATA)).length, made - 2, 'mended, and they go');
  });

  await t.test('a server that cannot be queried: its user is configured', async (t) => {
    await lab.sh('systemctl stop apache2; httpd-guard uninstall; useradd -r web; mkdir -p /run/apache2');
    lab.write(
      'usr/local/bin/start-web',
      '#!/bin/sh\n. /etc/apache2/envvars\nAPACHE_RUN_USER=web exec apache2 -k start\n',
      0o755,
    );
    lab.write(
      'etc/systemd/system/web.service',
      '[Service]\nType=forking\nExecStart=/usr/local/bin/start-web\n',
    );
    await lab.sh('systemctl daemon-reload; systemctl start web');
    const web = Number(await lab.sh('id -u web'));
    await lab.sh('systemctl kill -s KILL web');
    await letSetsAge(lab);
    const left = await setIds(lab, web);
    t.ok(left.length > 0);
    t.equal((await clean(lab, '--unit', 'web')).exitCode, 3);
    t.strictSame(await setIds(lab, web), left, 'whose they are is not known');

    configure('unit = "web"\nuser = "web"\n');
    t.match(await lab.sh('httpd-guard install'), 'web.service is guarded');
    t.equal((await lab.run('systemctl', 'start', 'web')).exitCode, 0);
    t.ok(
      (await setIds(lab, web)).every((id) => !left.includes(id)),
      'cleared before the start',
    );
    t.strictSame((await clean(lab)).removed, [], 'and what lives is left');
    const pid = await lab.sh('cat /run/apache2/apache2.pid');
    t.equal((await lab.run('kill', '-0', pid)).exitCode, 0);
  });

  t.equal(await apache.mutexErrors(), '');
});
