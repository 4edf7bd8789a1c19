import t from 'tap';
import { Apache, letSetsAge } from './apache.ts';
import { Guard, failForSets } from './guard.ts';
import { Lab, until } from './lab.ts';
import { verifyUnits } from './verify-units.ts';

const HISTORY = '/var/lib/httpd-guard/apache2.service.recoveries';
const GAVE_UP = '1e60fd6f1f394d7eb7358607c31a4195';

const LOCK = '/run/httpd-guard-locks/recover-apache2.service';
/** Acts as slowly as on a busy machine. */
const OTHER_RECOVERY = `#!/bin/sh
echo yes >/root/acts
ipcrm --all=sem
sleep 1
systemctl reset-failed apache2
sleep 2
exec systemctl start apache2
`;

void t.test('a recovery', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  lab.write('etc/apache2/conf-enabled/sick.conf', 'Redirect 500 /sick\n');
  const guard = await Guard.install(lab, apache);
  const active = async (): Promise<string> => (await lab.run('systemctl', 'is-active', 'apache2')).stdout;
  const isUp = (): Promise<true> =>
    until('it to be up', async () => ((await active()) === 'active' ? true : null));
  const invocation = (): Promise<string> => lab.sh('systemctl show --value -p InvocationID apache2');
  const triedJustNow = (times: number): void => {
    const triesMs = Array.from({ length: times }, (_, index) => Date.now() - 60_000 * (times - index));
    lab.write(HISTORY, JSON.stringify({ triesMs, gaveUp: false }));
  };
  const killGuard = (): Promise<string> =>
    lab.sh('pid=$(systemctl show --value -p MainPID httpd-guard-recover); [ $pid -gt 0 ] && kill -9 $pid');

  t.beforeEach(async () => {
    guard.configure('settle = 0.5');
    await guard.rests();
    await guard.forgetTries();
  });

  await t.test('twenty at once, by hand', async (t) => {
    await lab.sh('systemctl stop httpd-guard-watch');
    await failForSets(apache);
    t.equal(await active(), 'failed');
    // What is that young could be of the httpd whose configuration the other one tests.
    await letSetsAge(lab);
    const mark = await guard.mark();
    const all = Array.from({ length: 20 }, () => lab.run('httpd-guard', 'recover'));
    const codes = (await Promise.all(all)).map(({ exitCode }) => exitCode);
    t.ok(
      codes.every((code) => code === 0),
      codes.join(),
    );
    const starts = await lab.sh(`journalctl -q -o cat --since=${mark} -u apache2 | grep -c ^Started`);
    t.equal(starts, '1');
    const pid = await apache.masterPid();
    t.ok(await apache.serves());
    t.match((await lab.run('httpd-guard', 'recover')).stdout, 'nothing to do: apache2.service is active');
    t.equal(await apache.masterPid(), pid);
    await lab.sh('systemctl start httpd-guard-watch');
  });

  await t.test('while another one acts, it waits', async (t) => {
    await lab.sh('systemctl stop httpd-guard-watch');
    await failForSets(apache);
    lab.write('root/other', OTHER_RECOVERY, 0o755);
    const other = lab.sh(`flock ${LOCK} /root/other`);
    await until('it to act', () => readIfThere(lab, 'root/acts'));
    const { exitCode, stdout } = await lab.run('httpd-guard', 'recover');
    await other;
    t.equal(exitCode, 0);
    t.match(stdout, 'nothing to do: apache2.service is active');
    await lab.sh('systemctl start httpd-guard-watch');
  });

  await t.test('stopped by the admin during the verification', async (t) => {
    guard.configure('settle = 20');
    const mark = await guard.mark();
    await failForSets(apache);
    await isUp();
    await until('the guard to see it', async () => {
      const sinceUs = Number(await lab.sh('systemctl show --value -p ActiveEnterTimestampMonotonic apache2'));
      return Number(process.hrtime.bigint()) / 1000 > sinceUs + 500_000 ? true : null;
    });
    await lab.sh('systemctl stop apache2');
    t.match(
      await guard.told(/brought back/, mark),
      /apache2\.service did not stay up: (inactive|deactivating)/,
    );
    await guard.rests();
    t.equal(await active(), 'inactive');
  });

  await t.test('reset by the admin during the back-off before the second attempt', async (t) => {
    triedJustNow(1);
    const mark = await guard.mark();
    await failForSets(apache);
    const run = await invocation();
    await until('it to wait', () => (lab.read(HISTORY).split(',').length > 2 ? true : null));
    await lab.sh('systemctl reset-failed apache2');
    t.match(await guard.told(/left alone/, mark), 'it failed and was reset since');
    await guard.rests();
    t.strictSame([await active(), await invocation()], ['inactive', run]);
  });

  await t.test('killed during the back-off and during the verification', async (t) => {
    const tries = (): number => lab.read(HISTORY).split(',').length;
    triedJustNow(1);
    await failForSets(apache);
    await until('it to wait', () => (tries() > 2 ? true : null));
    t.equal((JSON.parse(lab.read(HISTORY)) as { triesMs: number[] }).triesMs.length, 2, 'its try is used up');
    await killGuard();
    await until('the next one to wait', () => (tries() > 3 ? true : null));
    await killGuard();
    await guard.rests();
    t.equal(await active(), 'failed', 'who is killed twice lets it be');

    await guard.forgetTries();
    triedJustNow(1);
    await guard.newWatcher();
    await until('it to wait', () => (tries() > 2 ? true : null));
    lab.write(HISTORY, JSON.stringify({ triesMs: [], gaveUp: false }));
    await killGuard();
    await isUp();
    await guard.rests();

    guard.configure('settle = 20');
    await guard.forgetTries();
    await failForSets(apache);
    await isUp();
    const pid = await apache.masterPid();
    await killGuard();
    await guard.rests();
    t.equal(await apache.masterPid(), pid, 'httpd does not care');

    guard.configure('settle = 0.5');
    const mark = await guard.mark();
    await failForSets(apache);
    await guard.told(/serves again/, mark);
    t.ok(await apache.serves(), 'and the next one succeeds');
  });

  await t.test('after three attempts in ten minutes it gives up, which is reported once', async (t) => {
    guard.configure('on-gave-up = ["/usr/local/bin/hook", "down"]');
    lab.write('usr/local/bin/hook', HOOK, 0o755);
    triedJustNow(3);
    const mark = await guard.mark();
    await failForSets(apache);
    const run = await invocation();
    const entries = async (): Promise<string[]> =>
      (await lab.sh(`journalctl --sync; journalctl -q -o json --since=${mark} MESSAGE_ID=${GAVE_UP}`)).split(
        '\n',
      );
    const [entry] = await until('the entry', async () => {
      const found = await entries();
      return found[0] === '' ? null : found;
    });
    const { PRIORITY, MESSAGE } = JSON.parse(entry ?? '') as Record<string, string>;
    t.equal(PRIORITY, '2');
    t.match(MESSAGE, /apache2\.service is down and httpd-guard gave up/);
    t.match(
      await lab.sh('systemctl status apache2 || true'),
      'is down and httpd-guard gave up',
      'where it is looked for',
    );
    await guard.rests();
    t.equal(lab.read('root/hook'), 'down apache2.service gave-up semaphore-leak\n');
    t.strictSame([await active(), await invocation()], ['failed', run]);

    await guard.request('echo apache2.service >request');
    await failForSets(apache);
    await guard.request('echo apache2.service >request');
    t.equal((await entries()).length, 1);
    t.equal(lab.read('root/hook').split('\n').length, 2, 'so is the hook called once');
    t.equal(await active(), 'failed');
    t.equal((await lab.run('httpd-guard', 'recover')).exitCode, 0, 'by hand it is tried all the same');
  });

  await t.test('a history that cannot be read', async (t) => {
    await lab.sh(`mkdir -p ${HISTORY}`);
    const mark = await guard.mark();
    await failForSets(apache);
    t.match(await guard.told(/its state is unclear/, mark), `${HISTORY} cannot be read`);
    await guard.rests();
    t.equal(await active(), 'failed');
    await lab.sh(`rmdir ${HISTORY}`);
  });

  await t.test('a history that a crash tore heals after ten minutes', async (t) => {
    lab.write(HISTORY, '');
    const mark = await guard.mark();
    await failForSets(apache);
    await until('it to give up', async () =>
      (await lab.sh(`journalctl --sync; journalctl -q --since=${mark} MESSAGE_ID=${GAVE_UP}`)) === ''
        ? null
        : true,
    );
    await guard.rests();
    t.equal(await active(), 'failed');
    await lab.sh(`: >${HISTORY}; touch -d '11 minutes ago' ${HISTORY}`);
    await lab.sh('systemctl restart httpd-guard-watch');
    await isUp();
    t.match(lab.read(HISTORY), /"triesMs":\[\d+\]/);
  });

  await t.test('a configuration with an error', async (t) => {
    for (const [lines, mode, complaint] of [
      [
        ['settle = "long"'],
        0o644,
        /httpd-guard\.toml: recover\.settle = "long" is wrong: it must be a number/,
      ],
      [['settle = 1'], 0o666, /httpd-guard\.toml is not read: .*writable by other users/],
      [['= ='], 0o644, /httpd-guard\.toml is not valid TOML/],
    ] as const) {
      guard.configure(...lines);
      await lab.sh(`chmod ${mode.toString(8)} /etc/httpd-guard.toml`);
      const mark = await guard.mark();
      await failForSets(apache);
      await guard.told(complaint, mark);
      await guard.rests();
      t.equal(await active(), 'failed', complaint.source);
    }
    await lab.sh('rm /etc/httpd-guard.toml');
    const mark = await guard.mark();
    await lab.run('systemctl', 'start', 'apache2');
    await guard.told(/serves again/, mark);
    t.ok(await apache.serves(), 'mended, and it is heard again');
  });

  await t.test('a health URL that answers with an error', async (t) => {
    guard.configure('settle = 0', 'health-url = "http://127.0.0.1/sick"');
    const mark = await guard.mark();
    await failForSets(apache);
    t.match(
      await guard.told(/is running, but|brought back/, mark),
      'apache2.service was started and is running, but http://127.0.0.1/sick answers 500',
    );
    await guard.rests();
    t.ok(await apache.serves(), 'what serves something is not stopped');
  });

  await t.test(
    'hooks get their facts in the environment, without a shell and with a time limit',
    async (t) => {
      lab.write('usr/local/bin/hang', `${HOOK}sleep 1000\n`, 0o755);
      await lab.sh('rm -f /root/hook');
      guard.configure('settle = 0', 'on-recovered = ["/usr/local/bin/hang", "up; $(id) %n"]');
      const mark = await guard.mark();
      await failForSets(apache);
      t.match(
        await until('the hook', () => readIfThere(lab, 'root/hook')),
        'up; $(id) %n apache2.service recovered semaphore-leak',
      );
      await guard.told(/\/usr\/local\/bin\/hang did not end in 30000 ms/, mark, 45_000);
      t.equal((await lab.run('pgrep', '-x', 'sleep')).stdout, '', 'nor does anything of it live on');
      t.ok(await apache.serves());
    },
  );

  await t.test('uninstall removes everything', async (t) => {
    const ours = ['watch.service', 'recover.path', 'recover.service'].map((name) => `httpd-guard-${name}`);
    t.equal(await verifyUnits(lab, ...ours, 'apache2.service'), '');
    await lab.sh('httpd-guard uninstall');
    t.equal(
      await lab.sh(
        'ls -d /etc/systemd/system/*guard* /etc/systemd/system/*/*guard* /run/httpd-guard-watch 2>/dev/null || true',
      ),
      '',
    );
    t.equal(await lab.sh('systemctl list-units --all --no-legend --plain "httpd-guard*"'), '');
    t.equal((await lab.run('pgrep', '-f', 'httpd-guard')).stdout, '');
  });
});

function readIfThere(lab: Lab, path: string): string | null {
  try {
    return lab.read(path);
  } catch {
    return null;
  }
}

const HOOK = '#!/bin/sh\necho "$1 $HTTPD_GUARD_UNIT $HTTPD_GUARD_OUTCOME $HTTPD_GUARD_CAUSE" >>/root/hook\n';
