import t from 'tap';
import { Lab } from './lab.ts';

/** Says as whom, on which terminal and where it is asked, and leaves something behind that holds what it was given. */
const ALICES_HTTPD = `#!/bin/sh
set -- $(id -u) $(cut -d' ' -f7 /proc/$$/stat) $(pwd) "$GREETING"
echo "$*" >>/home/alice/asked
setsid sleep 300 &
`;

/** Found first where her PATH counts. */
const ALICES_TOOL = '#!/bin/sh\necho "$0 as $(id -u)" >>/home/alice/stolen\nexec /usr/bin/${0##*/} "$@"\n';

void t.test('text that an ordinary user may have written into a unit gains no privileges', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await lab.installGuard();
  await lab.sh('useradd -m alice; mkdir -p /home/alice/bin');
  lab.write('home/alice/httpd', ALICES_HTTPD, 0o755);
  for (const tool of ['timeout', 'unshare', 'runuser', 'sh', 'env'])
    lab.write(`home/alice/bin/${tool}`, ALICES_TOOL, 0o755);
  lab.write('home/alice/env', 'PATH=/home/alice/bin:/usr/bin:/bin\nGREETING=hello "$(id)" there\n');
  await lab.sh('chown -R alice /home/alice; chmod 755 /home/alice');
  const unit = (...lines: string[]): Promise<string> => {
    lab.write('etc/systemd/system/notes.service', ['[Service]', 'User=alice', ...lines, ''].join('\n'));
    return lab.sh('systemctl daemon-reload');
  };

  await t.test('root queries as alice, without a terminal and with a time limit', async (t) => {
    await unit('EnvironmentFile=/home/alice/env', 'ExecStart=/home/alice/httpd -k start');
    const began = performance.now();
    const { exitCode } = await lab.run(
      'script',
      '-qec',
      'cd /home/alice; httpd-guard check --unit notes',
      '/dev/null',
    );
    t.equal(exitCode, 3, 'it is no httpd');
    t.ok(performance.now() - began < 60_000);
    const alice = await lab.sh('id -u alice');
    const asked = new Set((await lab.sh('cat /home/alice/asked')).split('\n'));
    t.strictSame(asked, new Set([`${alice} 0 / hello "$(id)" there`]));
    t.equal(
      (await lab.run('grep', ' as 0$', '/home/alice/stolen')).exitCode === 0,
      false,
      'no tool of hers ran as root',
    );
  });

  await t.test("nothing is guarded if her file is in the environment of root's hooks", async (t) => {
    const { exitCode, stderr } = await lab.run('httpd-guard', 'install', '--unit', 'notes');
    t.equal(exitCode, 1);
    t.match(
      stderr,
      /not installed: root would run httpd-guard with the environment of \/home\/alice\/env .*belongs to uid/,
    );
    await unit('EnvironmentFile=-/home/alice/none', 'ExecStart=/home/alice/httpd');
    t.match((await lab.run('httpd-guard', 'install', '--unit', 'notes')).stderr, '/home/alice/none');
  });

  await t.test('nor with an environment that refers to her libraries', async (t) => {
    await unit('Environment=LD_LIBRARY_PATH=/home/alice/lib', 'ExecStart=/home/alice/httpd');
    const { exitCode, stderr } = await lab.run('httpd-guard', 'install', '--unit', 'notes');
    t.equal(exitCode, 1);
    t.match(
      stderr,
      /root would run httpd-guard with LD_LIBRARY_PATH=\/home\/alice\/lib, but .*belongs to uid/,
    );
  });

  await t.test('nor with RootDirectory=', async (t) => {
    await unit('RootDirectory=/home/alice', 'ExecStart=/httpd');
    const { exitCode, stderr } = await lab.run('httpd-guard', 'install', '--unit', 'notes');
    t.equal(exitCode, 1);
    t.match(stderr, 'notes.service runs with RootDirectory=/home/alice');
  });

  await lab.sh('pkill -u alice || true');
});

void t.test('two at once, one of them killed', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await lab.installGuard();
  for (const name of ['a', 'b'])
    lab.write(
      `etc/systemd/system/${name}.service`,
      '[Service]\nExecStart=/usr/sbin/apache2 -DFOREGROUND\nEnvironment=APACHE_RUN_USER=www-data APACHE_RUN_GROUP=www-data APACHE_RUN_DIR=/run/apache2 APACHE_PID_FILE=/run/a.pid APACHE_LOG_DIR=/var/log/apache2\n',
    );
  await lab.sh('mkdir -p /run/apache2; systemctl daemon-reload; httpd-guard install --unit a');
  for (let time = 0; time < 3; time++) {
    const [installed, gone] = await Promise.all([
      lab.run('httpd-guard', 'install', '--unit', 'b'),
      lab.run('httpd-guard', 'uninstall', '--unit', 'a'),
    ]);
    t.equal(installed.exitCode, 0, installed.stderr);
    t.equal(gone.exitCode, 0, gone.stderr);
    t.equal((await lab.run('systemctl', 'is-active', 'httpd-guard-watch')).stdout, 'active');
    await lab.sh('httpd-guard install --unit a; httpd-guard uninstall --unit b');
  }

  // As if it had been killed once its drop-in was written.
  await lab.sh(
    'mkdir -p /etc/systemd/system/b.service.d; cp /etc/systemd/system/a.service.d/50-httpd-guard.conf /etc/systemd/system/b.service.d; systemctl daemon-reload',
  );
  await lab.sh('httpd-guard install --unit b');
  t.match(
    await lab.sh('systemctl show -P StatusText httpd-guard-watch'),
    'b.service',
    'it is watched all the same',
  );

  await lab.sh(
    'mkdir /srv/b; mv /etc/systemd/system/b.service.d/* /srv/b; rmdir /etc/systemd/system/b.service.d; ln -s /srv/b /etc/systemd/system/b.service.d',
  );
  t.equal((await lab.run('httpd-guard', 'uninstall')).exitCode, 0, 'a folder that is a link');
  t.equal((await lab.run('ls', '/var/lib/httpd-guard', '/run/httpd-guard')).stdout, '', 'nothing is kept');
});
