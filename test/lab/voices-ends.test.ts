import t from 'tap';
import { WWW_DATA, makeSets, setIds } from './apache.ts';
import { MOST_SETS } from './guard.ts';
import { until } from './lab.ts';
import { type Failure, Stage } from './voices.ts';

/** A line as httpd writes it, and a script may. */
const BUSY = '(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80';
const now = (text: string): string =>
  `LC_ALL=C date '+[%a %b %d %H:%M:%S.000000 %Y] [core:crit] [pid 1] ${text}' >>/var/log/apache2/error.log`;

const signalMaster =
  (signal: string) =>
  async ({ apache, lab }: Stage): Promise<unknown> => {
    await apache.start();
    return lab.sh(`kill -${signal} ${await apache.masterPid()}`);
  };

const FAILURES: readonly Failure[] = [
  {
    what: 'a crash of the master',
    fail: signalMaster('SEGV'),
    cause: 'killed',
    saw: /signal|core dump/,
  },
  {
    what: 'a kill of the master alone',
    fail: signalMaster('KILL'),
    cause: 'killed',
    saw: /signal/,
  },
  {
    what: 'a kill after a forged line',
    fail: async ({ apache, lab }) => {
      await apache.start();
      await lab.sh(now(BUSY));
      await apache.kill9();
    },
    cause: 'killed',
    saw: /signal/,
  },
  {
    what: 'a kill that systemd does not notice: a piped log and no PIDFile=',
    fail: async (stage) => {
      const { apache, lab } = stage;
      await apache.dropIn('zz.conf', 'PIDFile=');
      lab.write('usr/local/bin/pipe', '#!/bin/sh\nexec cat >/dev/null\n', 0o755);
      stage.configure('CustomLog "|/usr/local/bin/pipe" "%U"\n');
      await apache.start();
      // A look, as after each start.
      await lab.sh(`httpd-guard clean --quiet --unit ${apache.unit}`);
      await apache.kill9();
    },
    cause: 'killed',
    saw: /signal|without systemd noticing/,
  },
  {
    what: 'a stop that takes too long',
    fail: async ({ apache, lab }) => {
      await apache.dropIn('zz.conf', 'TimeoutStopSec=1', 'ExecStop=', 'ExecStop=/bin/sleep 100');
      await apache.start();
      await lab.sh('systemctl stop apache2');
    },
    cause: 'timeout',
    saw: /its stop took longer/,
  },
  {
    what: 'a run that takes too long',
    fail: async ({ apache }) => {
      await apache.dropIn('zz.conf', 'RuntimeMaxSec=1');
      await apache.start();
    },
    cause: 'timeout',
    saw: /its run took longer/,
  },
  {
    what: 'removal of its sets while it is running',
    fail: async ({ apache, lab }) => {
      await apache.start();
      await lab.sh('ipcrm --all=sem');
    },
    cause: 'set-removed-while-live',
    saw: /only its log shows this[^]*AH00144/,
  },
  {
    what: 'restarts that fail, up to the start limit',
    fail: async (stage) => {
      await stage.apache.dropIn('zz.conf', 'Restart=always', 'RestartSec=10ms');
      stage.configure('Listen 203.0.113.9:80\n');
      await stage.start();
      await until('the start limit', async () =>
        (await stage.lab.sh('systemctl show -P SubState apache2')) === 'failed' ? true : null,
      );
    },
    cause: 'other',
    saw: /\(99\)/,
    isLogged: false,
  },
  {
    what: 'too many starts by hand',
    fail: async ({ apache, lab }) => {
      lab.write(
        `etc/systemd/system/${apache.unit}.d/zz.conf`,
        '[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=600\n',
      );
      await lab.sh('systemctl daemon-reload');
      await apache.start();
      await lab.sh('systemctl stop apache2; systemctl start apache2 || true');
    },
    cause: 'not-started',
    saw: /too often/,
    isLogged: false,
  },
  {
    what: 'a unit with a setting that is wrong',
    fail: async (stage) => {
      await stage.apache.dropIn('zz.conf', 'ExecStart=');
      await stage.start();
    },
    cause: 'not-started',
    saw: /bad unit file setting/,
    isLogged: false,
  },
  {
    what: 'a command before the start that fails',
    fail: async (stage) => {
      await stage.apache.dropIn('zz.conf', 'ExecStartPre=/bin/false');
      await stage.start();
    },
    cause: 'not-started',
    saw: /ExecStartPre=\/bin\/false exited with 1/,
  },
  {
    what: 'a program that does not exist',
    fail: async (stage) => {
      await stage.apache.dropIn('zz.conf', 'ExecStart=', 'ExecStart=/usr/sbin/nosuch start');
      await stage.start();
    },
    cause: 'not-started',
    saw: /could not run \/usr\/sbin\/nosuch: status 203\/EXEC/,
  },
  {
    what: 'a user of the unit that does not exist',
    fail: async (stage) => {
      await stage.apache.dropIn('zz.conf', 'User=nosuch');
      await stage.start();
    },
    cause: 'not-started',
    saw: /217\/USER/,
    isLogged: false,
  },
  {
    what: 'a folder of the unit that does not exist',
    fail: async (stage) => {
      await stage.apache.dropIn('zz.conf', 'BindPaths=/nosuch:/mnt');
      await stage.start();
    },
    cause: 'not-started',
    saw: /226\/NAMESPACE/,
    isLogged: false,
  },
  {
    what: 'a start by hand outside systemd',
    fail: async ({ apache, lab }) => {
      await lab.sh('. /etc/apache2/envvars; mkdir -p /run/apache2; apache2 -k start');
      await until('httpd', async () => ((await apache.serves()) ? true : null));
    },
    cause: 'started-outside-systemd',
    saw: /running outside systemd|is running in/,
    isLogged: false,
  },
  {
    what: 'a masked unit',
    fail: ({ lab }) => lab.sh('systemctl mask -q apache2; systemctl stop apache2'),
    cause: 'stopped-by-admin',
    saw: /masked/,
    isLogged: false,
    undo: ({ lab }) => lab.sh('systemctl unmask -q apache2'),
  },
  {
    what: 'a configuration error and orphaned sets',
    fail: async (stage) => {
      await makeSets(stage.lab, MOST_SETS / 2, { uid: WWW_DATA });
      stage.configure('NoSuch\n');
      await stage.start();
    },
    cause: 'config-error',
    saw: /NoSuch/,
  },
  {
    what: 'a table that is full for the second pass alone',
    fail: async (stage) => {
      await makeSets(stage.lab, MOST_SETS - 1, { uid: 0, key: 7 });
      stage.configure('Mutex pthread mpm-accept\n');
      await stage.start();
      await until('its end', async () => ((await setIds(stage.lab, WWW_DATA)).length === 0 ? true : null));
    },
    cause: 'semaphore-demand',
    saw: /sets/,
  },
];

void t.test('ends and starts: every command reports the same cause', async (t) => {
  const stage = await Stage.boot();
  t.teardown(() => {
    stage.lab.end();
  });
  await stage.play(t, FAILURES);
});
