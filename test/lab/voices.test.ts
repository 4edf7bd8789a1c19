import t, { type Test } from 'tap';
import { Apache, WWW_DATA, makeSets } from './apache.ts';
import { MOST_SETS } from './guard.ts';
import { Lab, until } from './lab.ts';
import { BALANCERS } from './voices.ts';

void t.test('every command, the journal and monitoring report the same cause', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  await lab.installGuard();
  await lab.limitSets(MOST_SETS);
  await lab.sh('SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2');

  const start = () => lab.run('systemctl', 'start', apache.unit);
  const configure = (text: string): void => {
    lab.write('etc/apache2/conf-enabled/zz.conf', text);
  };
  const json = async (...words: string[]): Promise<Record<string, unknown>> => {
    const { stdout, stderr } = await lab.run('httpd-guard', ...words, '--json', '--unit', apache.unit);
    if (stdout === '') throw new Error(`${words.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const isForSets = (cause: string): boolean => cause.startsWith('semaphore-');

  const sayTheSame = async (t: Test, cause: string, saw: RegExp, guarded: boolean): Promise<void> => {
    const since = guarded ? await lab.sh(`systemctl show -P InvocationID ${apache.unit}`) : '';
    const found = await json('diagnose');
    t.equal(found['cause'], cause, 'diagnose');
    const evidence = found['evidence'] as { saw: string }[];
    t.match(evidence.map((one) => one.saw).join('\n'), saw);
    const recovery = await json('recover', '--dry-run');
    t.equal(recovery['outcome'] === 'planned' ? cause : recovery['cause'], cause, 'recover');
    t.equal(recovery['outcome'] === 'planned', cause === 'semaphore-leak', 'recover acts only on a leak');
    const isFine = cause === 'stopped-by-admin';
    // With hooks, and the watcher stopped, at least that is a warning.
    const status = isFine && !guarded ? 'ok' : isForSets(cause) ? 'critical' : 'warning';
    const reason = isForSets(cause) ? /is down/ : new RegExp(`is down \\(${cause}\\)`);
    const report = await json('check');
    t.equal(report['status'], status);
    if (!isFine) t.match((report['reasons'] as string[]).join('\n'), reason);
    const nagios = await lab.run('httpd-guard', 'check', '--format', 'nagios', '--unit', apache.unit);
    t.match(nagios.stdout, `HTTPD-GUARD ${status.toUpperCase()} - `);
    if (!isFine) t.match(nagios.stdout, reason);
    const text = (await lab.run('httpd-guard', 'check', '--unit', apache.unit)).stdout.split('\n')[0];
    t.match(
      text,
      isFine ? /is down: it was stopped/ : isForSets(cause) ? /table/ : /is down, not because of semaphores/,
    );
    if (!guarded || since === '' || isFine) return;
    const entries = await lab.sh(
      `journalctl --sync; journalctl -o json --output-fields=HTTPD_GUARD_CAUSE,MESSAGE -u ${apache.unit} MESSAGE_ID=e72fd98e7e3a4d33a272965867eb60b7 | tail -1`,
    );
    // The first leaves no run; the other has no hooks here, since they prevent it.
    if (cause === 'not-started' || cause === 'semaphore-leak') return;
    t.equal((JSON.parse(entries) as { HTTPD_GUARD_CAUSE: string }).HTTPD_GUARD_CAUSE, cause, 'the journal');
  };

  const reset = async (): Promise<void> => {
    configure('');
    await lab.run('systemctl', 'stop', apache.unit, 'holder');
    await lab.sh(
      `pkill -9 -x apache2 || true; rm -f /etc/systemd/system/apache2.service.d/zz.conf /run/apache2/apache2.pid; systemctl daemon-reload; systemctl reset-failed; ipcrm --all=sem; : >/var/log/apache2/error.log; rm -f /var/lib/httpd-guard/*.recoveries`,
    );
  };

  /** Each failure, the cause that it has, and a fact that must be named. */
  const FAILURES: [what: string, fail: () => Promise<unknown>, cause: string, saw: RegExp][] = [
    [
      'killed',
      async () => {
        await apache.start();
        await apache.kill9();
      },
      'killed',
      /signal/,
    ],
    [
      'a stop by the admin',
      async () => {
        await apache.start();
        await lab.sh('systemctl stop apache2');
      },
      'stopped-by-admin',
      /inactive/,
    ],
    [
      'a configuration error',
      async () => {
        configure('NoSuch\n');
        await start();
      },
      'config-error',
      /NoSuch/,
    ],
    [
      'a group that is none',
      async () => {
        configure('Group #-1\n');
        await start();
      },
      'config-error',
      /4294967295/,
    ],
    [
      'an address of another machine',
      async () => {
        configure('Listen 203.0.113.9:80\n');
        await start();
      },
      'other',
      /\(99\)/,
    ],
    [
      'the same with a nearly full table',
      async () => {
        await makeSets(lab, MOST_SETS - 2, { uid: WWW_DATA, key: 9 });
        configure('Listen 203.0.113.9:80\n');
        await start();
      },
      'other',
      /\(99\)/,
    ],
    [
      'a busy port',
      async () => {
        await lab.sh(
          "systemd-run -q --unit=holder perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); bind(S, sockaddr_in(80, INADDR_ANY)) && listen(S, 5) or die; sleep 100'",
        );
        await until('the port', async () =>
          (await lab.run('sh', '-c', 'grep ":0050 " /proc/net/tcp')).exitCode === 0 ? true : null,
        );
        await start();
      },
      'port-held-by-other',
      /port 80 .*perl, holder\.service/,
    ],
    [
      'orphaned workers of a master that was started by hand',
      async () => {
        await lab.sh('. /etc/apache2/envvars; mkdir -p /run/apache2; apache2 -k start');
        await until('httpd', async () => ((await apache.serves()) ? true : null));
        await lab.sh('kill -9 $(cat /run/apache2/apache2.pid)');
        await start();
      },
      'port-held-by-orphans',
      /orphaned worker \d+ listens on port 80/,
    ],
    [
      'a pid file of another program',
      async () => {
        await lab.sh(
          'mkdir -p /run/apache2; systemctl show -P MainPID systemd-journald >/run/apache2/apache2.pid',
        );
        await start();
      },
      'stale-pid-file',
      /names process \d+.*journald/,
    ],
    [
      'a dependency that fails',
      async () => {
        lab.write(
          'etc/systemd/system/apache2.service.d/zz.conf',
          '[Unit]\nRequires=no.service\nAfter=no.service\n',
        );
        lab.write('etc/systemd/system/no.service', '[Service]\nType=oneshot\nExecStart=/bin/false\n');
        await lab.sh('systemctl daemon-reload');
        await start();
      },
      'not-started',
      /dependency/,
    ],
    [
      'a condition that is not met',
      async () => {
        lab.write('etc/systemd/system/apache2.service.d/zz.conf', '[Unit]\nConditionPathExists=/none\n');
        await lab.sh('systemctl daemon-reload');
        await start();
      },
      'not-started',
      /condition/,
    ],
    [
      'a start that takes too long',
      async () => {
        await apache.dropIn('zz.conf', 'TimeoutStartSec=2', 'ExecStart=', 'ExecStart=/bin/sleep 100');
        await start();
      },
      'timeout',
      /its start took longer/,
    ],
    [
      'a table full of sets of another program',
      async () => {
        await makeSets(lab, MOST_SETS, { uid: 0, key: 7 });
        await start();
      },
      'semaphore-demand',
      /12 of 12 sets/,
    ],
    [
      'more balancers than the table has sets',
      async () => {
        configure(BALANCERS);
        await start();
      },
      'semaphore-demand',
      /needs \d+ sets/,
    ],
    [
      'a table full of orphaned sets',
      async () => {
        await apache.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
        await makeSets(lab, MOST_SETS, { uid: WWW_DATA });
        await start();
      },
      'semaphore-leak',
      /12 orphaned sets/,
    ],
  ];

  for (const guarded of [false, true]) {
    if (guarded)
      await lab.sh(
        `httpd-guard install --quiet --unit ${apache.unit}; systemctl stop httpd-guard-watch httpd-guard-recover.path`,
      );
    for (const [what, fail, cause, saw] of FAILURES)
      await t.test(`${what}, ${guarded ? 'with hooks' : 'without hooks'}`, async (t) => {
        try {
          await fail();
          await until('systemd to be done', async () =>
            /^(failed|inactive)$/.test((await lab.run('systemctl', 'is-active', apache.unit)).stdout)
              ? true
              : null,
          );
          await sayTheSame(t, cause, saw, guarded);
        } finally {
          await reset();
        }
      });
  }
});
