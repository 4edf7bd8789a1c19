import t from 'tap';
import { MOST_SETS } from './guard.ts';
import { WWW_DATA, makeSets } from './apache.ts';
import { until } from './lab.ts';
import { type Failure, Stage, balancers } from './voices.ts';

const FAILURES: readonly Failure[] = [
  {
    what: 'killed',
    fail: async ({ apache }) => {
      await apache.start();
      await apache.kill9();
    },
    cause: 'killed',
    saw: /signal/,
  },
  {
    what: 'a stop by the admin',
    fail: async ({ apache, lab }) => {
      await apache.start();
      await lab.sh('systemctl stop apache2');
    },
    cause: 'stopped-by-admin',
    saw: /inactive/,
    isLogged: false,
  },
  {
    what: 'a configuration error',
    fail: async (stage) => {
      stage.configure('NoSuch\n');
      await stage.start();
    },
    cause: 'config-error',
    saw: /NoSuch/,
  },
  {
    what: 'a group that is none',
    fail: async (stage) => {
      stage.configure('Group #-1\n');
      await stage.start();
    },
    cause: 'config-error',
    saw: /4294967295/,
  },
  {
    what: 'an address of another machine',
    fail: async (stage) => {
      stage.configure('Listen 203.0.113.9:80\n');
      await stage.start();
    },
    cause: 'other',
    saw: /\(99\)/,
  },
  {
    what: 'the same with a nearly full table',
    fail: async (stage) => {
      const { lab } = stage;
      await makeSets(lab, MOST_SETS - 2, { uid: WWW_DATA, key: 9 });
      stage.configure('Listen 203.0.113.9:80\n');
      await stage.start();
    },
    cause: 'other',
    saw: /\(99\)/,
  },
  {
    what: 'a busy port',
    fail: async (stage) => {
      const { lab } = stage;
      await lab.sh(
        "systemd-run -q --unit=holder perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); bind(S, sockaddr_in(80, INADDR_ANY)) && listen(S, 5) or die; sleep 100'",
      );
      await until('the port', async () =>
        (await lab.run('sh', '-c', 'grep ":0050 " /proc/net/tcp')).exitCode === 0 ? true : null,
      );
      await stage.start();
    },
    cause: 'port-held-by-other',
    saw: /port 80 .*perl, holder\.service/,
  },
  {
    what: 'an address of another machine, and a program that has the port of another address',
    fail: async (stage) => {
      const { lab } = stage;
      lab.write('etc/apache2/ports.conf', 'Listen 127.0.0.1:80\n');
      await lab.sh(
        'systemd-run -q --unit=holder perl -e \'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, inet_aton("127.0.0.2"))) && listen(S, 5) or die; sleep 100\'',
      );
      await until('the port', async () =>
        (await lab.run('sh', '-c', 'grep ":0050 " /proc/net/tcp')).exitCode === 0 ? true : null,
      );
      stage.configure('Listen 203.0.113.9:8080\n');
      await stage.start();
    },
    cause: 'other',
    saw: /\(99\)/,
    undo: async ({ lab }) => {
      lab.write('etc/apache2/ports.conf', 'Listen 80\n');
      return Promise.resolve();
    },
  },
  {
    what: 'orphaned workers of a master that was started by hand',
    fail: async (stage) => {
      const { apache, lab } = stage;
      await lab.sh('. /etc/apache2/envvars; mkdir -p /run/apache2; apache2 -k start');
      await until('httpd', async () => ((await apache.serves()) ? true : null));
      await lab.sh('kill -9 $(cat /run/apache2/apache2.pid)');
      await stage.start();
    },
    cause: 'port-held-by-orphans',
    saw: /orphaned worker \d+ listens on port 80/,
  },
  {
    what: 'a pid file of another program',
    fail: async (stage) => {
      const { lab } = stage;
      await lab.sh(
        'mkdir -p /run/apache2; systemctl show -P MainPID systemd-journald >/run/apache2/apache2.pid',
      );
      await stage.start();
    },
    cause: 'stale-pid-file',
    saw: /names process \d+.*journald/,
  },
  {
    what: 'a dependency that fails',
    fail: async (stage) => {
      const { lab } = stage;
      lab.write(
        'etc/systemd/system/apache2.service.d/zz.conf',
        '[Unit]\nRequires=no.service\nAfter=no.service\n',
      );
      lab.write('etc/systemd/system/no.service', '[Service]\nType=oneshot\nExecStart=/bin/false\n');
      await lab.sh('systemctl daemon-reload');
      await stage.start();
    },
    cause: 'not-started',
    saw: /dependency/,
    isLogged: false,
  },
  {
    what: 'a dependency that is masked',
    fail: async (stage) => {
      const { lab } = stage;
      lab.write('etc/systemd/system/apache2.service.d/zz.conf', '[Unit]\nRequires=no.service\n');
      await lab.sh(
        'rm -f /etc/systemd/system/no.service; systemctl mask -q no.service; systemctl daemon-reload',
      );
      await stage.start();
    },
    cause: 'not-started',
    saw: /it requires no\.service, which is masked/,
    undo: ({ lab }) => lab.sh('systemctl unmask -q no.service'),
    isLogged: false,
  },
  {
    what: 'a start after a kill that waits too long for another unit',
    fail: async (stage) => {
      const { apache, lab } = stage;
      await apache.start();
      await apache.kill9();
      lab.write(
        'etc/systemd/system/apache2.service.d/zz.conf',
        '[Unit]\nRequires=holder.service\nAfter=holder.service\nJobTimeoutSec=2\n',
      );
      lab.write('etc/systemd/system/holder.service', '[Service]\nType=oneshot\nExecStart=/bin/sleep 100\n');
      await lab.sh('systemctl daemon-reload; systemctl reset-failed');
      await stage.start();
    },
    cause: 'not-started',
    saw: /Timed out starting|result 'timeout'/,
    undo: ({ lab }) =>
      lab.sh('systemctl stop holder; rm /etc/systemd/system/holder.service; systemctl daemon-reload'),
    isLogged: false,
  },
  {
    what: 'a unit that fails, to which it is bound',
    fail: async (stage) => {
      const { apache, lab } = stage;
      lab.write(
        'etc/systemd/system/apache2.service.d/zz.conf',
        '[Unit]\nBindsTo=database.service\nAfter=database.service\n',
      );
      lab.write('etc/systemd/system/database.service', '[Service]\nExecStart=/bin/sleep 1000\n');
      await lab.sh('systemctl daemon-reload');
      await apache.start();
      await lab.sh('systemctl kill -s KILL database');
    },
    cause: 'not-started',
    saw: /systemd stopped it, since database\.service failed/,
    isLogged: false,
  },
  {
    what: 'a condition that is not met',
    fail: async (stage) => {
      const { lab } = stage;
      lab.write('etc/systemd/system/apache2.service.d/zz.conf', '[Unit]\nConditionPathExists=/none\n');
      await lab.sh('systemctl daemon-reload');
      await stage.start();
    },
    cause: 'not-started',
    saw: /condition/,
    isLogged: false,
  },
  {
    what: 'a command before the start that fails',
    fail: async (stage) => {
      const { apache } = stage;
      await apache.dropIn('zz.conf', 'ExecStartPre=/bin/sh -c "echo no document root; exit 3"');
      await stage.start();
    },
    cause: 'not-started',
    saw: /ExecStartPre=\/bin\/sh .* exited with 3\nno document root/,
  },
  {
    what: 'a command after the start that fails',
    fail: async (stage) => {
      const { apache } = stage;
      await apache.dropIn('zz.conf', 'ExecStartPost=/bin/sh -c "sleep 0.5; echo no answer; exit 3"');
      await stage.start();
    },
    cause: 'other',
    saw: /ExecStartPost=.* exited with 3, so systemd stopped httpd\nno answer/,
  },
  {
    what: 'a command before the start that waits for a lock',
    fail: async (stage) => {
      const { apache, lab } = stage;
      await lab.sh('systemd-run -q --unit=holder flock /run/lock.test sleep 100');
      await until('the lock', async () =>
        (await lab.run('flock', '-n', '/run/lock.test', 'true')).exitCode === 1 ? true : null,
      );
      await apache.dropIn('zz.conf', 'ExecStartPre=/usr/bin/flock /run/lock.test true', 'TimeoutStartSec=2');
      await stage.start();
    },
    cause: 'timeout',
    saw: /its start took longer.*ExecStartPre=\/usr\/bin\/flock \/run\/lock\.test true was running/,
  },
  {
    what: 'a start that takes too long',
    fail: async (stage) => {
      const { apache } = stage;
      await apache.dropIn('zz.conf', 'TimeoutStartSec=2', 'ExecStart=', 'ExecStart=/bin/sleep 100');
      await stage.start();
    },
    cause: 'timeout',
    saw: /its start took longer/,
  },
  {
    what: 'a table full of sets of another program',
    fail: async (stage) => {
      const { lab } = stage;
      await makeSets(lab, MOST_SETS, { uid: 0, key: 7 });
      await stage.start();
    },
    cause: 'semaphore-demand',
    saw: /12 of 12 sets/,
  },
  {
    what: 'more balancers than the table has sets',
    fail: async (stage) => {
      stage.configure(balancers(2 * MOST_SETS));
      await stage.start();
    },
    cause: 'semaphore-demand',
    saw: /needs up to \d+ sets/,
  },
  {
    what: 'an address of another machine, and more registered mutexes with balancers than the table has sets',
    fail: async (stage) => {
      stage.configure(`${balancers(MOST_SETS / 2)}Listen 203.0.113.9:80\n`);
      await stage.start();
    },
    cause: 'other',
    saw: /\(99\)/,
  },
  {
    what: 'a table full of orphaned sets',
    fail: async (stage) => {
      const { apache, lab } = stage;
      await apache.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
      await makeSets(lab, MOST_SETS, { uid: WWW_DATA });
      await stage.start();
    },
    cause: 'semaphore-leak',
    saw: /12 orphaned sets/,
  },
];

void t.test('every command, the journal and monitoring report the same cause', async (t) => {
  const stage = await Stage.boot();
  t.teardown(() => {
    stage.lab.end();
  });
  await stage.play(t, FAILURES);
});
