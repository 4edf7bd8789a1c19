import t from 'tap';
import { Apache, WWW_DATA, makeSets, setIds } from './apache.ts';
import { Guard, MOST_SETS, fillTable } from './guard.ts';
import { Lab, until } from './lab.ts';

const NO_GUARD_AT_STARTS = ['ExecStartPre=', 'ExecStopPost='];

/** Everything as before the first failure. */
async function reset(guard: Guard, apache: Apache): Promise<void> {
  const { lab } = guard;
  await guard.rests();
  await lab.run('systemctl', 'stop', apache.unit);
  await lab.sh(
    `rm -f /etc/systemd/system/${apache.unit}.d/zz.conf; systemctl daemon-reload; systemctl reset-failed; ipcrm --all=sem; : >/var/log/apache2/error.log`,
  );
  await guard.forgetTries();
  await guard.newWatcher();
}

async function comesBack(apache: Apache): Promise<void> {
  await until(`${apache.unit} to serve again`, async () => ((await apache.serves()) ? true : null));
}

/** All sets are of those who live. */
async function nothingIsLeft({ lab }: Guard): Promise<boolean> {
  const { stdout } = await lab.run('httpd-guard', 'check', '--json');
  return (JSON.parse(stdout) as { summary: { orphan: number } }).summary.orphan === 0;
}

void t.test('httpd fails because no set can be created and is recovered', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const guard = await Guard.install(lab, apache);
  const startWithoutGuard = async (): Promise<number> => {
    await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS);
    return (await lab.run('systemctl', 'start', apache.unit)).exitCode;
  };

  await t.test('the accept mutex at the first start: a line only in the journal', async (t) => {
    await lab.sh(
      'a2dismod -q -f ssl proxy rewrite; mv /etc/apache2/conf-enabled/lab.conf /root/; printf "ServerName lab\\nMutex sysvsem default\\nListen 81\\n" >/etc/apache2/conf-enabled/lab.conf',
    );
    await reset(guard, apache);
    await fillTable(lab);
    t.equal(await startWithoutGuard(), 1, 'the start fails');
    await comesBack(apache);
    t.match(await lab.sh('journalctl -o cat -u apache2'), "Couldn't create the mpm-accept mutex");
    t.ok(await nothingIsLeft(guard));
    await lab.sh('mv /root/lab.conf /etc/apache2/conf-enabled/; a2enmod -q ssl proxy rewrite');
  });

  await t.test('another mutex, first pass: a line only in the ErrorLog', async (t) => {
    await reset(guard, apache);
    await makeSets(lab, MOST_SETS - 1, { uid: WWW_DATA });
    t.equal(await startWithoutGuard(), 1, 'the start fails');
    await comesBack(apache);
    t.match(lab.read('var/log/apache2/error.log'), 'ssl-cache mutex');
    t.ok(await nothingIsLeft(guard));
  });

  await t.test('another mutex, second pass: the start succeeds', async (t) => {
    // Its watchdog makes one more set, once httpd has detached.
    await lab.sh('a2enmod -q proxy_hcheck');
    await reset(guard, apache);
    await makeSets(lab, MOST_SETS - 4, { uid: WWW_DATA });
    const since = await guard.mark();
    t.equal(await startWithoutGuard(), 0, 'the start says OK');
    await guard.told(/serves again/, since);
    await comesBack(apache);
    t.match(lab.read('var/log/apache2/error.log'), 'watchdog-callback mutex');
    t.ok(await nothingIsLeft(guard));
    await lab.sh('a2dismod -q proxy_hcheck');
  });

  await t.test('guarded at each start, it does not fail', async (t) => {
    await reset(guard, apache);
    await fillTable(lab);
    t.equal((await lab.run('systemctl', 'start', apache.unit)).exitCode, 0);
    t.ok(await apache.serves());
    t.ok(await nothingIsLeft(guard));
  });

  for (const [where, line] of [
    ['a file', ''],
    ['syslog', 'ErrorLog syslog\n'],
    ['a pipe', 'ErrorLog "|/bin/cat"\n'],
  ] as const) {
    for (const dropIn of [[], NO_GUARD_AT_STARTS]) {
      await t.test(
        `a reload over the limit, ErrorLog in ${where}, ${dropIn.length === 0 ? 'with' : 'without'} hooks at starts`,
        async (t) => {
          await reset(guard, apache);
          lab.write('etc/apache2/conf-enabled/zz-log.conf', line);
          await lab.sh('a2dismod -q -f cache_socache auth_digest authn_socache');
          if (dropIn.length > 0) await apache.dropIn('zz.conf', ...dropIn);
          await apache.start();
          const before = await apache.masterPid();
          await fillTable(lab);
          await lab.sh('a2enmod -q cache_socache auth_digest authn_socache');
          t.equal((await lab.run('systemctl', 'reload', apache.unit)).exitCode, 0, 'the reload says OK');
          await until('it to die', async () => ((await apache.masterPid()) === before ? null : true));
          await comesBack(apache);
          t.not(await apache.masterPid(), before);
          t.ok(await nothingIsLeft(guard));
          await lab.sh('rm /etc/apache2/conf-enabled/zz-log.conf');
        },
      );
    }
  }

  await t.test('no server lost a set', async (t) => {
    t.equal(await apache.mutexErrors(), '');
    t.ok((await setIds(lab)).length > 0);
  });
});
