import t from 'tap';
import { Apache, WWW_DATA, letSetsAge, makeSets, setIds } from './apache.ts';
import { CREATE_FAILED, Guard, MOST_SETS, failForSets, lingering } from './guard.ts';
import { Lab, until } from './lab.ts';

/** Each program that asks for a user's name waits 25 s for a bus that is gone (Ubuntu 20.04: nss-systemd). */
const WITHOUT_BUS_MS = 120_000;

/** A busy systemd before 246 does not see a request; the watcher renews it after 2 s. */
const RENEWED_MS = 5_000;

void t.test('the watcher', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  const b = await apache.addInstance('b', 8080);
  lab.write('usr/lib/cgi-bin/say', SAY, 0o755);
  lab.write('etc/systemd/journald.conf.d/lab.conf', '[Journal]\nRateLimitIntervalSec=0\n');
  await lab.sh('a2enmod -q cgid; systemctl restart systemd-journald');
  const guard = await Guard.install(lab, apache, b);
  guard.configure('settle = 0.5');
  await apache.start();
  await b.start();

  const watcher = (property: string): Promise<string> =>
    lab.sh(`systemctl show --value -p ${property} httpd-guard-watch`);
  /** A script of the server runs a line of sh: what it says is the unit's. */
  const say = async (script: string): Promise<void> => {
    lab.write('usr/lib/cgi-bin/words', script, 0o755);
    await lab.sh('curl -sf 127.0.0.1/cgi-bin/say');
  };
  const looks = async (since: string): Promise<number> =>
    (await guard.said('watch', since)).filter((line) => line.includes('logged a semaphore error')).length;
  const looked = async (since: string): Promise<void> => {
    await guard.told(/nothing to do: apache2\.service is active/, since);
    await guard.rests();
  };
  const journalctl = async (): Promise<string> =>
    until('journalctl to run', async () => {
      const { stdout } = await lab.run('pgrep', '-x', '-u', 'httpd-guard-watch', 'journalctl');
      return stdout === '' ? null : stdout;
    });

  await t.test('it has no privileges', async (t) => {
    const pid = await watcher('MainPID');
    const status = await lab.sh(`cat /proc/${pid}/status`);
    t.match(status, /^CapEff:\s0+$/m);
    t.match(status, /^CapBnd:\s0+$/m);
    t.match(status, /^NoNewPrivs:\s1$/m);
    t.notMatch(status, /^Uid:.*\b0\b/m);
    const exposure = await lab.sh('systemd-analyze security httpd-guard-watch | tail -n 1');
    t.ok(Number(/: ([\d.]+) /.exec(exposure)?.[1]) <= 1, exposure);
  });

  await t.test('no entry is missed after its start or in a gap', async (t) => {
    for (const [what, gap] of [
      ['right after the start', ':'],
      ['journald restarted', 'systemctl restart systemd-journald'],
      ['rotated', 'journalctl --rotate'],
      ['rotated and vacuumed', 'journalctl --sync; journalctl -q --rotate --vacuum-time=1s'],
      ['journalctl killed', 'pkill -KILL -x -u httpd-guard-watch journalctl'],
      [
        'journalctl killed, and its last entry vacuumed',
        'pkill -KILL -x -u httpd-guard-watch journalctl; journalctl -q --rotate --vacuum-files=1',
      ],
    ] as const) {
      await guard.newWatcher();
      const mark = await guard.mark();
      await lab.sh(gap);
      await say(`${lingering(`echo "${CREATE_FAILED}"`)} | systemd-cat`);
      await looked(mark);
      t.pass(what);
    }
  });

  await t.test(
    'it has started when it knows each state, so a run that is over at once is seen',
    async (t) => {
      await lab.sh('systemctl stop apache2');
      await apache.dropIn('zz.conf', 'PIDFile=', 'ExecStart=', 'ExecStart=/bin/true', 'ExecStop=');
      const mark = await guard.mark();
      const state = (): Promise<string> => watcher('ActiveState');
      await lab.sh('pkill -STOP -x dbus-daemon; systemctl restart --no-block httpd-guard-watch');
      await until('it to follow the journal', async () =>
        (await watcher('MainPID')) !== '0' && (await state()) === 'activating' ? journalctl() : null,
      );
      await lab.sh('sleep 0.5');
      t.equal(await state(), 'activating');
      await lab.sh('pkill -CONT -x dbus-daemon');
      await until('it to have started', async () => ((await state()) === 'active' ? true : null));
      await lab.sh('systemctl start apache2');
      t.match(await guard.told(/left alone/, mark), 'apache2.service');
      await guard.rests();
      await lab.sh('rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload');
      await apache.start();
    },
  );

  await t.test('journalctl is restarted each time it is killed', async (t) => {
    await guard.newWatcher();
    const pid = await watcher('MainPID');
    const mark = await guard.mark();
    for (let times = 0; times < 2; times++) {
      const before = await journalctl();
      await lab.sh(`kill -9 ${before}`);
      await until('another one', async () => ((await journalctl()) === before ? null : true));
    }
    await say(`${lingering(`echo "${CREATE_FAILED}"`)} | systemd-cat`);
    await looked(mark);
    t.equal(await watcher('MainPID'), pid);
  });

  await t.test('after an entry of any form the next one is read', async (t) => {
    for (const [what, script] of [
      ['bytes', `printf '\\377\\376 %s\\n' words`],
      ['a null and control characters', `printf 'a\\000b\\033[31m\\n'`],
      ['1 MiB in one line', `perl -e 'print "lock" x 262144, "\\n"'`],
      ['40 KiB in one line', `perl -e 'print "x" x 40000, "\\n"'`],
      ['empty', `printf '\\n\\n'`],
    ] as const) {
      await guard.newWatcher();
      const mark = await guard.mark();
      await say(`${lingering(`${script}; echo "${CREATE_FAILED}"`)} | systemd-cat`);
      await looked(mark);
      t.equal(await looks(mark), 1, what);
    }
    // The line itself as bytes: as one with an umlaut in Latin-1 comes.
    await guard.newWatcher();
    const mark = await guard.mark();
    await say(`${lingering(`printf '%s \\344\\n' "${CREATE_FAILED}"`)} | systemd-cat`);
    await looked(mark);
  });

  await t.test('one line in a hundred thousand', async (t) => {
    await guard.newWatcher();
    const mark = await guard.mark();
    const reader = await journalctl();
    await say(
      `perl -e '$| = 0; for (1 .. 100000) { print $_ == 50000 ? "$ARGV[0]\\n" : $_ % 2 ? "[client 10.0.0.1] lock $_ of the mutex\\n" : "[client 10.0.0.1] request $_\\n" } sleep 1' "${CREATE_FAILED}" | systemd-cat`,
    );
    await looked(mark);
    // Its own entry comes behind all of the others.
    await until('the last line', async () =>
      (await lab.sh(`journalctl --sync; journalctl -q -o cat -n 5 _SYSTEMD_UNIT=apache2.service`)).includes(
        '100000',
      )
        ? true
        : null,
    );
    await guard.rests();
    t.equal(await looks(mark), 1, 'is one look');
    t.ok(await apache.serves());
    t.equal(await watcher('NRestarts'), '0');

    await until('another journalctl, which has not mapped all that', async () =>
      (await journalctl()) === reader ? null : true,
    );
    const later = await guard.mark();
    // The lines of a unit are a reason only twice a minute.
    await lab.sh(
      `echo $$ >/sys/fs/cgroup$(systemctl show --value -p ControlGroup ${b.unit})/cgroup.procs; ${lingering(`echo "${CREATE_FAILED}"`)} | systemd-cat`,
    );
    await guard.told(new RegExp(`nothing to do: ${b.unit} is active`), later);
    t.equal(await looks(mark), 2, 'misses nothing, and tells nothing twice');
    t.notMatch((await guard.said('watch', mark)).join('\n'), /journalctl ended/);
  });

  await t.test('several units: only the failed one is touched', async (t) => {
    // What is left must be older than the one that lives, else it could be its own; then it has no room beside that one.
    await lab.sh(`systemctl stop ${apache.unit}`);
    const mine = await setIds(lab);
    await lab.sh(`systemctl stop ${b.unit}`);
    await b.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
    await apache.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
    await makeSets(lab, MOST_SETS - mine.length - 1, { uid: WWW_DATA });
    await letSetsAge(lab);
    await b.start();
    const pid = await b.masterPid();
    const mark = await guard.mark();
    await lab.run('systemctl', 'start', apache.unit);
    t.match(await guard.told(/serves again/, mark), 'apache2.service serves again');
    t.ok(await apache.serves());
    t.equal(await b.masterPid(), pid);
    t.ok(await b.serves());
  });

  await t.test('without the bus nothing is recovered; once it is back, everything pending is', async (t) => {
    await guard.rests();
    await lab.sh(`systemctl stop ${b.unit}`);
    const withoutBus = async (): Promise<void> => {
      const mark = await guard.mark();
      await lab.sh('systemctl stop dbus.socket dbus.service');
      const isTaken = async (): Promise<true | null> =>
        (await guard.said('watch', mark)).some((line) => line.includes('recovery requested')) &&
        (await lab.sh('ls -A /run/httpd-guard-watch')) === ''
          ? true
          : null;
      await until('the request to be taken', isTaken, RENEWED_MS);
      await guard.told(/its state is unclear/, mark, WITHOUT_BUS_MS);
      await guard.rests();
      t.match((await guard.said('watch', mark)).join('\n'), 'following only the journal');
    };
    const withBus = async (): Promise<void> => {
      const mark = await guard.mark();
      // The watcher's next attempt to connect starts the service: Ubuntu 20.04 refuses to start it by hand (RefuseManualStart=).
      await lab.sh('systemctl start dbus.socket');
      await guard.told(/apache2\.service serves again/, mark, WITHOUT_BUS_MS);
      // A look that was asked for over the journal can be the first to find the bus: a watcher without it would not lose it.
      const hasBus = async (): Promise<true | null> =>
        (await guard.said('watch', mark)).some((line) => line.includes('reports its units again'))
          ? true
          : null;
      await until('the watcher to have its bus', hasBus, WITHOUT_BUS_MS);
      await guard.rests();
      t.ok(await apache.serves());
    };

    await withoutBus();
    await guard.forgetTries();
    const mark = await guard.mark();
    await failForSets(apache);
    await guard.told(/its state is unclear: .*systemd/, mark, WITHOUT_BUS_MS);
    await guard.rests();
    t.equal((await lab.run('systemctl', 'is-active', 'apache2')).stdout, 'failed');
    await withBus();

    // What had failed before the bus was lost.
    lab.write('var/lib/httpd-guard/apache2.service.recoveries', 'no history');
    await failForSets(apache);
    await guard.told(/gave up/, mark);
    await guard.rests();
    await withoutBus();
    await guard.forgetTries();
    await withBus();
  });

  await t.test('it exits on SIGTERM', async (t) => {
    await guard.newWatcher();
    // Had it not, systemd would have killed it after TimeoutStopSec=, and the result were another.
    await lab.sh('systemctl stop httpd-guard-watch');
    t.equal(
      await lab.sh('systemctl show --value -p Result -p ExecMainStatus httpd-guard-watch'),
      'success\n0',
    );
  });

  await t.test(
    'the watchdog: a heartbeat comes back through the journal, or systemd restarts the watcher',
    async (t) => {
      lab.write('etc/systemd/system/httpd-guard-watch.service.d/zz.conf', '[Service]\nWatchdogSec=2\n');
      await lab.sh('systemctl daemon-reload');
      await guard.newWatcher();
      const beats = (): Promise<string> =>
        lab.sh(
          'journalctl --sync; journalctl -q -o cat _SYSTEMD_UNIT=httpd-guard-watch.service | grep -c heartbeat || true',
        );
      const pid = await watcher('MainPID');
      const before = Number(await beats());
      await until('it to beat for long', async () => (Number(await beats()) >= before + 6 ? true : null));
      t.equal(await watcher('MainPID'), pid);

      // journalctl that says nothing more.
      await lab.sh(`kill -STOP ${await journalctl()}`);
      const mark = await guard.mark();
      await until('systemd to start it anew', async () =>
        (await watcher('NRestarts')) === '0' ? null : true,
      );
      await until('it to run', async () => ((await watcher('ActiveState')) === 'active' ? true : null));
      await say(`${lingering(`echo "${CREATE_FAILED}"`)} | systemd-cat`);
      await looked(mark);
      t.not(await watcher('MainPID'), pid, 'and it follows again');
    },
  );
});

const SAY = `#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
. /usr/lib/cgi-bin/words
`;
