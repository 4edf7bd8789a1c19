import t, { type Test } from 'tap';
import { Apache, WWW_DATA, clean, makeSets, setIds } from './apache.ts';
import { Lab } from './lab.ts';

const GATE = '/usr/lib/httpd-guard/gate /usr/local/bin/node apache2.service';
/** The hooks end after 5 s; what runs beside a test may slow all that is not waiting. */
const BOUNDED_MS = 15_000;

void t.test(
  'whatever is broken: a clear line, the right code, nothing removed that should stay, and httpd starts',
  async (t) => {
    const lab = await Lab.boot();
    t.teardown(() => {
      lab.end();
    });
    const apache = await Apache.setUp(lab);
    await lab.installGuard();

    /** Runs the gate as ExecStartPre does, and expects it to end well within its time. */
    const gate = async (t: Test, before = ':'): Promise<string> => {
      const beganMs = performance.now();
      const { exitCode, stdout, stderr } = await lab.run('unshare', '-m', 'sh', '-c', `${before}; ${GATE}`);
      t.equal(exitCode, 0, 'the gate ends with 0');
      t.ok(performance.now() - beganMs < BOUNDED_MS, 'and in bounded time');
      return stdout + stderr;
    };

    await t.test('a unit that does not exist', async (t) => {
      for (const [command, code] of [
        ['check', 3],
        ['clean', 3],
        ['install', 1],
      ] as const) {
        const { exitCode, stdout, stderr } = await lab.run('httpd-guard', command, '--unit', 'nosuch');
        t.equal(exitCode, code, command);
        t.match(stdout + stderr, 'nosuch.service is not-found', command);
      }
      t.equal((await lab.run('httpd-guard', 'check', '--unit', '../etc')).exitCode, 64);
    });

    await t.test('the program of another unit is not run to query it', async (t) => {
      lab.write('etc/systemd/system/other.service', '[Service]\nExecStart=/usr/bin/touch /root/was-run\n');
      await lab.sh('systemctl daemon-reload');
      const { exitCode, stderr } = await lab.run('httpd-guard', 'clean', '--unit', 'other');
      t.equal(exitCode, 3);
      t.match(stderr, '/usr/bin/touch of other.service is neither httpd nor apachectl');
      t.equal((await lab.run('test', '-e', '/root/was-run')).exitCode, 1);
    });

    await t.test('httpd that has never answered', async (t) => {
      await makeSets(lab, 2, { uid: WWW_DATA });
      lab.write('etc/apache2/conf-enabled/nonsense.conf', 'Nonsense on\n');
      const { exitCode, stderr, removed } = await clean(lab);
      t.equal(exitCode, 3);
      t.strictSame(removed, []);
      t.match(stderr, 'Invalid command');
      t.match(await gate(t), 'nothing was removed before this start');
      await lab.sh('rm /etc/apache2/conf-enabled/nonsense.conf');
      lab.write('etc/apache2/conf-enabled/user.conf', 'User nosuchuser\n');
      t.match((await clean(lab)).stderr, 'nosuchuser');
      t.equal((await setIds(lab)).length, 2, 'nothing is removed for a user that nobody knows');
      await lab.sh('rm /etc/apache2/conf-enabled/user.conf');
    });

    await t.test('httpd that cannot answer any more: its last valid answer is used', async (t) => {
      await lab.run('httpd-guard', 'clean', '--set', '2147483647');
      lab.write('etc/apache2/conf-enabled/nonsense.conf', 'Nonsense on\n');
      const { exitCode, stderr, removed } = await clean(lab);
      t.equal(exitCode, 0);
      t.match(stderr, 'its last valid answer is used');
      t.equal(removed.length, 2);
      await lab.sh('rm /etc/apache2/conf-enabled/nonsense.conf');
    });

    await t.test('no table', async (t) => {
      for (const command of ['check', 'clean']) {
        const { exitCode, stdout, stderr } = await lab.run(
          'unshare',
          '-m',
          'sh',
          '-c',
          `mount -t tmpfs none /proc/sysvipc; httpd-guard ${command}`,
        );
        t.equal(exitCode, 3, command);
        t.match(stdout + stderr, '/proc/sysvipc/sem cannot be read: it does not exist (ENOENT)', command);
      }
      t.match(await gate(t, 'mount -t tmpfs none /proc/sysvipc'), 'nothing was removed');
    });

    await t.test('perl or ipcrm missing, hanging, killed or with wrong output', async (t) => {
      await makeSets(lab, 2, { uid: WWW_DATA });
      const instead = (tool: string, ...script: string[]): string => {
        const fake = `root/${tool}-${script.join().length}`;
        lab.write(fake, ['#!/bin/sh', ...script, ''].join('\n'), 0o755);
        return `mount --bind /${fake} $(command -v ${tool})`;
      };
      const noPerl = 'mount --bind /dev/null /usr/bin/perl';
      const lie = [
        'echo $$',
        'while read -r id && [ "$id" != . ]; do :; done',
        'echo 2 4194000 0',
        'echo .',
        'while read -r id && [ "$id" != . ]; do :; done',
        'echo done',
        'cat >/dev/null',
      ];
      const hangs = 'exec sleep 60';
      const cleanWith = async (script: string): Promise<string> => {
        const { stdout, stderr } = await lab.run('unshare', '-m', 'sh', '-c', `${script}; httpd-guard clean`);
        return stdout + stderr;
      };
      t.match(await gate(t, instead('perl', ...lie)), 'could not be removed: it still exists');
      for (const [script, complaint] of [
        [`${noPerl}; mount --bind /dev/null /usr/bin/ipcrm`, /Could not remove .*: setpriv exited with 12/],
        [
          `${noPerl}; ${instead('ipcrm', 'kill -9 $$')}`,
          /Could not remove .*: setpriv was killed by SIGKILL/,
        ],
        [`${noPerl}; mount --bind /bin/true /usr/bin/ipcrm`, /Could not remove .*: it still exists/],
        [`${noPerl}; mount --bind /dev/null /usr/bin/ipcs`, /Kept 2 semaphore sets:/],
        ['mount --bind /dev/null /usr/bin/setpriv', /Could not remove .*: setpriv cannot be run/],
      ] as const) {
        t.match(await cleanWith(script), complaint, script);
        // Before a start the time may not suffice for ipcs.
        t.match(await gate(t, script), /could not be removed: |kept 2 sets: /, script);
      }
      t.match(
        await gate(t, `${noPerl}; ${instead('ipcrm', hangs)}`),
        /could not be removed: setpriv was killed by SIGKILL after|kept 2 sets: /,
      );
      t.equal((await setIds(lab)).length, 2);
      for (const script of ['kill -9 $$', 'exec cat', 'exit 0', 'head -c 9M /dev/urandom']) {
        t.match(
          await cleanWith(instead('perl', script)),
          'Removed 2 semaphore sets',
          'util-linux does what perl cannot',
        );
        await makeSets(lab, 2, { uid: WWW_DATA });
      }
      t.match(await gate(t, instead('perl', hangs)), /removed 2 semaphore sets|kept 2 sets: |timed out/);
      await makeSets(lab, 2 - (await setIds(lab)).length, { uid: WWW_DATA });
    });

    await t.test('an openssl.cnf that ends Node before its first line', async (t) => {
      lab.write('etc/ssl/openssl.cnf', 'x[ =\n');
      t.match((await lab.run('node', '-e', '0')).stderr, 'OpenSSL configuration error');
      await lab.sh('mkdir -p /var/lib/prometheus/node-exporter; httpd-guard install');
      for (const name of ['watch', 'recover', 'metrics'])
        t.match(await lab.run('systemctl', 'restart', `httpd-guard-${name}`), { exitCode: 0 }, name);
      await lab.sh('httpd-guard uninstall; rm -r /var/lib/prometheus');
      t.match(await gate(t), 'removed 2 semaphore sets');
      await makeSets(lab, 2, { uid: WWW_DATA });
      t.match((await lab.run('httpd-guard', 'check')).stdout, 'leaked by a killed httpd');
      await lab.sh('rm /etc/ssl/openssl.cnf');
    });

    await t.test('no bus to query units', async (t) => {
      await lab.sh('systemctl stop dbus.socket dbus.service');
      t.match(await gate(t), 'removed 2 semaphore sets', 'the dead need no bus');
      await makeSets(lab, 1, { uid: WWW_DATA });
      t.match((await lab.run('httpd-guard', 'check')).stdout, 'cannot query systemd over D-Bus');
      await apache.start();
      t.strictSame((await clean(lab)).removed, [], 'how old the living are, only systemd knows');
      t.ok(await apache.serves());
      await lab.sh('systemctl start dbus.socket; systemctl stop apache2');
      t.equal((await clean(lab)).removed.length, 1);
    });

    await t.test("httpd's environment applies only to httpd", async (t) => {
      await lab.sh('httpd-guard install');
      await apache.dropIn(
        'environment.conf',
        'Environment=NODE_OPTIONS=--nonsense OPENSSL_CONF=/etc/passwd NODE_REDIRECT_WARNINGS=/root/warnings HTTPD_GUARD_WARN=much',
      );
      for (const [hook, without] of [
        ['ExecStopPost', 'ExecStartPre='],
        ['ExecStartPre', 'ExecStopPost='],
      ] as const) {
        await apache.dropIn('zz.conf', without);
        await apache.start();
        const leaked = await setIds(lab, WWW_DATA);
        await apache.kill9();
        if (hook === 'ExecStartPre') t.ok(await apache.tryStart());
        const left = await setIds(lab, WWW_DATA);
        t.ok(leaked.length > 0 && !left.some((id) => leaked.includes(id)), `${hook} clears`);
      }
      await lab.sh(
        'systemctl stop apache2; rm /etc/systemd/system/apache2.service.d/environment.conf /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload',
      );
    });

    await t.test('a broken installation of httpd-guard', async (t) => {
      await apache.start();
      const broken = {
        hangs: 'echo "for (;;);" >/usr/lib/httpd-guard/httpd-guard.cjs',
        'does not parse': 'echo "}{" >/usr/lib/httpd-guard/httpd-guard.cjs',
        'is gone': 'rm /usr/lib/httpd-guard/httpd-guard.cjs',
        'has no node': 'mv /usr/local/bin/node /usr/local/bin/node.away',
        'has no gate': 'rm /usr/lib/httpd-guard/gate',
      };
      for (const [what, script] of Object.entries(broken)) {
        await lab.sh(script);
        await apache.kill9();
        const beganMs = performance.now();
        t.ok(await apache.tryStart(), `httpd starts though the guard ${what}`);
        t.ok(performance.now() - beganMs < BOUNDED_MS);
      }
      const journal = await lab.sh('journalctl -o cat -u apache2');
      for (const line of [
        'pre-start of apache2.service timed out',
        'pre-start of apache2.service failed; httpd starts anyway',
        '/usr/local/bin/node does not exist, is empty or cannot be executed',
      ])
        t.match(journal, line);
      await lab.sh('mv /usr/local/bin/node.away /usr/local/bin/node; systemctl stop apache2');
      await lab.installGuard();
    });

    await t.test('a pid file of any kind', async (t) => {
      const state = async (): Promise<unknown> => {
        const { stdout } = await lab.run('httpd-guard', 'check', '--json');
        return (JSON.parse(stdout) as { httpd: { pidFile: { state: string } | null } }).httpd.pidFile?.state;
      };
      const file = '/var/run/apache2/apache2.pid';
      const kinds: [string, string, string][] = [
        ['nothing', ':', 'absent'],
        ['a dead pid', `echo 4194303 >${file}`, 'stale'],
        ['another program’s pid', `echo 1 >${file}`, 'foreign'],
        ['an empty file', `: >${file}`, 'unreadable'],
        ['a huge file', `head -c 100M /dev/zero >${file}`, 'unreadable'],
        ['a directory', `mkdir ${file}`, 'unreadable'],
        ['a link', `echo 1 >/run/one; ln -s /run/one ${file}`, 'unreadable'],
        ['a pipe', `mkfifo ${file}`, 'unreadable'],
        ['text', `echo "1; rm -rf /" >${file}`, 'unreadable'],
      ];
      for (const [what, script, wanted] of kinds) {
        await lab.sh(`mkdir -p /var/run/apache2; rm -rf ${file}; ${script}`);
        t.equal(await state(), wanted, what);
      }
      await lab.sh(`rm -rf ${file}`);
      await apache.start();
      t.equal(await state(), 'live');
    });

    await t.test('confusing process names', async (t) => {
      lab.write('run/confuse', '$0 = "a) S 1 (\\n[httpd] 1 1"; sleep');
      await lab.sh(
        'systemd-run -q --unit confuse -p Type=exec perl /run/confuse; cp /bin/sleep "/run/httpd (deleted)"; systemd-run -q --unit deleted -p Type=exec "/run/httpd (deleted)" 1000',
      );
      t.equal((await lab.run('httpd-guard', 'check')).exitCode, 0);
      t.strictSame((await clean(lab)).removed, []);
      t.ok(await apache.serves());
      await lab.sh('systemctl stop confuse deleted apache2');
    });

    await t.test('a full table; two runs at once; sets removed meanwhile', async (t) => {
      await lab.limitSets(32_000);
      const before = await setIds(lab);
      await makeSets(lab, 12_000, { uid: WWW_DATA });
      t.equal((await clean(lab)).exitCode, 0);
      t.strictSame(await setIds(lab), before);

      await makeSets(lab, 4_000, { uid: WWW_DATA });
      const takeAway = 'tail -n +2 /proc/sysvipc/sem | awk \'{ print "-s" $2 }\' | xargs ipcrm';
      const both = await Promise.all([clean(lab), clean(lab), lab.run('sh', '-c', takeAway)]);
      t.strictSame([both[0].failed, both[1].failed], [[], []]);
      t.strictSame(await setIds(lab), before);
    });

    t.equal(await apache.mutexErrors(), '');
  },
);

void t.test('no httpd here at all', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await lab.installGuard();
  await lab.sh(
    'rm -f /etc/init.d/apache2 /lib/systemd/system/apache2* /usr/sbin/apache2 /etc/systemd/system/*/apache2*; systemctl daemon-reload',
  );
  await makeSets(lab, 2, { uid: WWW_DATA });
  const check = await lab.run('httpd-guard', 'check');
  t.equal(check.exitCode, 3, 'a missing httpd is not a healthy one');
  t.match(check.stdout, 'no httpd unit found');
  t.equal((await clean(lab)).exitCode, 3);
  t.equal((await setIds(lab)).length, 2);
  t.equal((await lab.run('httpd-guard', 'install')).exitCode, 1);
});
