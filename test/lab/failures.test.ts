import t, { type Test } from 'tap';
import { Apache, WWW_DATA, letSetsAge, makeSets, setIds } from './apache.ts';
import { Guard, MOST_SETS, fillTable } from './guard.ts';
import { Lab, until } from './lab.ts';
import { STAND_IN_UNIT, installStandIn } from './stand-in.ts';

const NO_GUARD_AT_STARTS = ['ExecStartPre=', 'ExecStopPost='];

interface Found {
  exitCode: number;
  cause: string;
  evidence: { rule: string; saw: string; source: string }[];
  holders: { uid: number; user: string | null; sets: number }[];
}

void t.test('failures that look alike, and what becomes of each', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  const other = await apache.addInstance('b', 8081);
  await installStandIn(lab);
  const guard = await Guard.install(lab, apache, new Apache(lab, STAND_IN_UNIT));

  const start = async (): Promise<number> => (await lab.run('systemctl', 'start', apache.unit)).exitCode;
  const show = (property: string): Promise<string> => lab.sh(`systemctl show -P ${property} ${apache.unit}`);
  const isDown = async (): Promise<boolean> => /^(failed|inactive)$/.test(await show('ActiveState'));
  const starts = async (): Promise<number> =>
    Number(await lab.sh('journalctl --sync; journalctl -o cat -u apache2 | grep -c "^Starting " || true'));
  const tries = (): number => {
    const text = lab.read('var/lib/httpd-guard/apache2.service.recoveries');
    return (JSON.parse(text) as { triesMs: number[] }).triesMs.length;
  };
  const json = async (...words: string[]): Promise<{ exitCode: number } & Record<string, unknown>> => {
    const { exitCode, stdout, stderr } = await lab.run(
      ...(['httpd-guard', ...words, '--json', '--unit', apache.unit] as const),
    );
    if (stdout === '') throw new Error(`${words.join(' ')} ended with ${exitCode}: ${stderr}`);
    return { exitCode, ...(JSON.parse(stdout) as object) };
  };
  const diagnose = async (): Promise<Found> => (await json('diagnose')) as unknown as Found;
  const comesBack = async (t: Test, since: string, howMany = 1): Promise<void> => {
    t.match(await guard.told(/serves again|left alone|could not|broke off/, since), 'serves again');
    t.ok(await apache.serves());
    t.equal(tries(), howMany);
  };
  /** The guard looks, says so, and starts nothing. */
  const isLeftAlone = async (t: Test, why: RegExp, fail: () => Promise<unknown>): Promise<void> => {
    const since = await guard.mark();
    await fail();
    const before = await show('InvocationID');
    t.match(await guard.told(/left alone/, since), why);
    await guard.rests();
    t.ok(await isDown(), 'it stays down');
    t.equal(await show('InvocationID'), before, 'nobody started it again');
  };
  const configure = (text: string): void => {
    lab.write('etc/apache2/conf-enabled/zz.conf', text);
  };
  const reset = async (): Promise<void> => {
    configure('');
    await guard.rests();
    await lab.sh(
      `systemctl stop ${apache.unit} ${other.unit} ${STAND_IN_UNIT}; rm -f /etc/systemd/system/apache2*.service.d/[2z]*.conf; systemctl daemon-reload; systemctl reset-failed; ! mountpoint -q /mnt/small || umount /mnt/small; ipcrm --all=sem; : >/var/log/apache2/error.log`,
    );
    await guard.forgetTries();
    await guard.newWatcher();
  };
  /** Each begins with a calm machine. */
  const scenario = async (what: string, run: (t: Test) => Promise<void>): Promise<void> => {
    await t.test(what, async (t) => {
      try {
        await run(t);
      } finally {
        await reset();
      }
    });
  };

  await scenario("systemd's own restarts fail as well, until its start limit stops them", async (t) => {
    await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS, 'Restart=always', 'RestartSec=10ms');
    await fillTable(lab);
    const since = await guard.mark();
    await start();
    await comesBack(t, since);
  });

  for (const guarded of [true, false]) {
    await scenario(
      `a server in the foreground: its start says OK at once, post-stop ${guarded ? 'there' : 'gone'}`,
      async (t) => {
        await lab.sh('mkdir -p /run/apache2');
        await apache.dropIn('20-foreground.conf', ...FOREGROUND);
        await apache.dropIn('zz.conf', ...(guarded ? ['ExecStartPre='] : NO_GUARD_AT_STARTS));
        await fillTable(lab);
        const since = await guard.mark();
        t.equal(await start(), 0);
        await comesBack(t, since);
        t.equal(await show('Result'), 'success');
      },
    );
  }

  await scenario('a full disk for the ErrorLog as well', async (t) => {
    await lab.sh('mkdir -p /mnt/small; mount -t tmpfs -o size=64k none /mnt/small');
    configure('ErrorLog /mnt/small/error.log\n');
    await lab.sh('touch /mnt/small/error.log; dd if=/dev/zero of=/mnt/small/full bs=4k 2>/dev/null || true');
    await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS);
    await fillTable(lab);
    const since = await guard.mark();
    t.equal(await start(), 1);
    await comesBack(t, since);
    t.equal(await lab.sh('cat /mnt/small/error.log'), '');
  });

  await scenario('a piped ErrorLog that is not read', async (t) => {
    lab.write(
      'usr/local/bin/pipe',
      '#!/bin/sh\ntrap "" TERM\nexec cat >>/var/log/apache2/piped.log\n',
      0o755,
    );
    configure('ErrorLog "|/usr/local/bin/pipe"\n');
    await lab.sh('a2dismod -q -f cache_socache auth_digest authn_socache');
    await apache.start();
    await lab.sh('systemctl stop httpd-guard-watch');
    await makeSets(lab, MOST_SETS, { uid: 0, key: 7 }).catch(() => null);
    await lab.sh('a2enmod -q cache_socache auth_digest authn_socache; systemctl reload apache2');
    await until('it to die', async () => ((await isDown()) ? true : null));
    const found = await json('diagnose');
    t.match(found, { cause: 'semaphore-demand', reasons: [/piped?, which is not read/] });
    await until('the line', () =>
      lab.read('var/log/apache2/piped.log').includes('(28)No space left on device') ? true : null,
    );
  });

  await scenario('a table full of both: removing the orphaned sets is enough', async (t) => {
    await makeSets(lab, 5, { uid: 0, key: 7 });
    await fillTable(lab);
    await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS);
    const since = await guard.mark();
    t.equal(await start(), 1);
    await comesBack(t, since);
    const { summary } = await json('check');
    t.match(summary, { orphan: 0 });
    t.equal(await lab.sh("awk '$1 != 0 && NR > 1' /proc/sysvipc/sem | wc -l"), '5', 'the others’ are there');
  });

  await scenario('not enough free sets: one attempt, then the cause is known', async (t) => {
    await makeSets(lab, MOST_SETS - 1, { uid: 0, key: 7 });
    await fillTable(lab);
    await apache.dropIn('zz.conf', 'ExecStartPre=');
    const before = await starts();
    const since = await guard.mark();
    t.equal(await start(), 1);
    t.match(await guard.told(/could not be brought back/, since), 'did not start');
    t.match(await guard.told(/left alone/, since), 'semaphore-demand');
    await guard.rests();
    t.equal(await starts(), before + 2);
    t.equal(tries(), 1);
  });

  await scenario(
    'too few free sets, orphaned ones, and another failure that only its log shows',
    async (t) => {
      await lab.sh('systemctl stop httpd-guard-watch');
      await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS);
      await makeSets(lab, MOST_SETS - 2, { uid: WWW_DATA });
      configure('Listen 203.0.113.9:80\n');
      t.equal(await start(), 1);
      await letSetsAge(lab);
      t.match(await diagnose(), { cause: 'other', exitCode: 1 });
      t.match(await json('recover', '--dry-run'), { outcome: 'planned', cause: 'other' });
      const since = await guard.mark();
      t.match(await json('recover'), { exitCode: 2, outcome: 'failed', cause: 'other' });
      t.match(await guard.told(/could not be brought back/, since), '(cause: other)');
      t.match(await diagnose(), { cause: 'other', exitCode: 1 });
    },
  );

  await scenario('a limit below what httpd itself needs', async (t) => {
    await lab.limitSets(2);
    await isLeftAlone(t, /semaphore-demand/, start);
    t.match(await diagnose(), { cause: 'semaphore-demand', holders: [], exitCode: 0 });
    t.match(
      (await lab.run('httpd-guard', 'diagnose')).stdout,
      /too small for this httpd, even when it is empty/,
    );
    await lab.limitSets(MOST_SETS);
  });

  await scenario('full of sets of users with and without a name', async (t) => {
    await lab.sh('id postgres >/dev/null 2>&1 || useradd -r postgres');
    const uid = Number(await lab.sh('id -u postgres'));
    await makeSets(lab, 7, { uid, key: 7 });
    await makeSets(lab, 4, { uid: 4321, key: 70 });
    await isLeftAlone(t, /semaphore-demand/, start);
    const { holders } = await diagnose();
    t.match(holders, [
      { uid, user: 'postgres', sets: 7 },
      { uid: 4321, user: null, sets: 4 },
    ]);
    t.equal(await show('NRestarts'), '0');
  });

  await scenario('full of sets of other programs, until sets are free again', async (t) => {
    await makeSets(lab, MOST_SETS, { uid: 1 });
    await isLeftAlone(t, /semaphore-demand/, start);
    t.match(await json('recover'), { exitCode: 1, outcome: 'left-alone', cause: 'semaphore-demand' });
    // It would start the unit by itself within seconds.
    await lab.sh('systemctl stop httpd-guard-watch.service');
    await lab.sh('ipcrm --all=sem');
    const said = (await lab.run('httpd-guard', 'diagnose')).stdout;
    t.match(
      said,
      /had too few free sets, and has enough now\.[^]*12 of 12 sets[^]*the table was full and has free sets now:\n {2}httpd-guard recover --unit apache2/,
    );
    t.match(await json('recover'), { exitCode: 0, outcome: 'recovered', cause: 'semaphore-demand' });
  });

  await scenario('sets removed by hand, then recovered', async (t) => {
    await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS);
    await lab.sh('systemctl stop httpd-guard-watch');
    await fillTable(lab);
    t.equal(await start(), 1);
    await letSetsAge(lab);
    t.match(
      (await lab.run('httpd-guard', 'clean')).stdout,
      /^apache2\.service is down\. To start it: httpd-guard recover --unit apache2\.service$/m,
    );
    t.equal((await diagnose()).cause, 'semaphore-leak');
    t.match(await json('recover'), { exitCode: 0, outcome: 'recovered', cause: 'semaphore-leak' });
  });

  await scenario('of two units the failed one is selected', async (t) => {
    await other.start();
    configure('Nonsense on\n');
    await start();
    const said = (await lab.run('httpd-guard', 'diagnose')).stdout;
    t.match(said, 'apache2.service: its configuration has an error');
    t.match(
      (await lab.run('httpd-guard', 'check', '--unit', other.unit)).stdout,
      'is not at risk from semaphores',
    );
    configure('');
    await lab.sh(`systemctl stop ${other.unit}; systemctl start apache2`);
    lab.write('etc/apache2-b/conf-enabled/zz.conf', 'Nonsense on\n');
    await lab.run('systemctl', 'start', other.unit);
    t.match(
      (await lab.run('httpd-guard', 'diagnose')).stdout,
      `${other.unit}: its configuration has an error`,
    );
    t.match((await lab.run('httpd-guard', 'check')).stdout, `${other.unit} (failed)`);
    await lab.sh('rm /etc/apache2-b/conf-enabled/zz.conf');
  });

  await scenario('full of sets that another running httpd could know, until that is restarted', async (t) => {
    await other.start();
    const before = await other.masterPid();
    await fillTable(lab);
    await isLeftAlone(t, /semaphore-demand/, start);
    t.equal(await other.masterPid(), before);
    t.ok(await other.serves());

    // Its old sets go with it: there is room for its new ones.
    await letSetsAge(lab);
    await lab.sh(`systemctl restart ${other.unit}`);
    t.match(await json('recover'), { outcome: 'recovered', cause: 'semaphore-leak', exitCode: 0 });
    t.ok(await other.serves());
    t.equal(await other.mutexErrors(), '');
  });

  await scenario('no free inodes, with the same text', async (t) => {
    await lab.sh(
      'mkdir -p /mnt/small; mount -t tmpfs -o size=1m,nr_inodes=2 none /mnt/small; : >/mnt/small/one',
    );
    configure('Mutex file:/mnt/small default\n');
    await isLeftAlone(t, /inodes-full/, start);
    const { cause, evidence } = await diagnose();
    t.equal(cause, 'inodes-full');
    t.match(evidence.at(-1)?.saw, '(28)No space left on device');
  });

  await scenario('its own workers without a master on its port are terminated, and it starts', async (t) => {
    const workers = await orphan(apache);
    const since = await guard.mark();
    t.equal(await start(), 1);
    await comesBack(t, since);
    const living = await lab.sh('pgrep -x apache2 || true');
    t.ok(workers.every((pid) => !living.split('\n').includes(pid)));
  });

  await scenario('workers of another unit on its port are not terminated', async (t) => {
    lab.write('etc/apache2-b/ports.conf', 'Listen 80\n');
    // Room for what those workers hold, too: it is the port that is wanting.
    await lab.limitSets(32);
    const workers = await orphan(new Apache(lab, other.unit));
    await isLeftAlone(t, /port-held-by-orphans/, start);
    t.equal((await diagnose()).cause, 'port-held-by-orphans');
    t.strictSame(await pids(other), workers);
    await lab.sh(`kill -9 ${workers.join(' ')}`);
    lab.write('etc/apache2-b/ports.conf', 'Listen 8081\n');
    await lab.limitSets(MOST_SETS);
  });

  await scenario('stopped while the table is full and the watcher runs', async (t) => {
    for (const dropIn of [[], NO_GUARD_AT_STARTS]) {
      await apache.dropIn('zz.conf', ...dropIn);
      await apache.start();
      await fillTable(lab);
      await isLeftAlone(t, /stopped-by-admin/, async () => {
        await lab.sh('systemctl stop apache2');
        await guard.request('echo apache2.service >request');
      });
      t.equal(await show('Result'), 'success');
      await fillTable(lab);
      t.match(await json('check'), {
        status: 'critical',
        reasons: [/is stopped, and can start only after sets are freed/],
      });
      await lab.sh('ipcrm --all=sem');
    }
  });

  await scenario('all processes of a start exit at once: a start job is no stop on purpose', async (t) => {
    await apache.dropIn('zz.conf', 'PIDFile=', 'ExecStart=', 'ExecStart=/bin/true', 'ExecStop=');
    await isLeftAlone(t, /left alone/, start);
    const ending = '/run/httpd-guard/apache2.service.ending';
    t.match(await lab.sh(`cat ${ending}`), '"byItself":true');
    await lab.sh(`rm ${ending} /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload`);
    await apache.start();
    await lab.sh('systemctl restart apache2; systemctl stop apache2');
    t.equal((await lab.run('test', '-e', ending)).exitCode, 1, 'for a wished end Node is not started');
  });

  await scenario('masked while it runs, then it fails in a reload', async (t) => {
    await lab.sh('a2dismod -q -f cache_socache auth_digest authn_socache');
    await apache.start();
    await fillTable(lab);
    await lab.sh('a2enmod -q cache_socache auth_digest authn_socache; systemctl mask -q apache2');
    await isLeftAlone(t, /masked/, async () => {
      await lab.sh('kill -USR1 $(cat /run/apache2/apache2.pid)');
      await until('it to die', async () => ((await isDown()) ? true : null));
    });
    t.match(await json('recover'), { outcome: 'left-alone', exitCode: 1 });
    await lab.sh('systemctl unmask -q apache2');
  });

  await scenario(
    'killed with a full table: the next start would fail, and Restart= decides whether there is one',
    async (t) => {
      await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS);
      await apache.start();
      await fillTable(lab);
      await isLeftAlone(t, /was killed.*semaphore-leak/, () => apache.kill9());
      t.match(await diagnose(), { cause: 'semaphore-leak', exitCode: 0 });
    },
  );

  await scenario('2.2 with a full table, stopped on purpose', async (t) => {
    const isUp = async (): Promise<boolean> =>
      (await lab.run('systemctl', 'is-active', STAND_IN_UNIT)).exitCode === 0;
    const ends = async (how: string, why: RegExp): Promise<void> => {
      const since = await guard.mark();
      await lab.sh(how);
      await until('it to end', async () => ((await isUp()) ? null : true));
      await guard.request(`echo ${STAND_IN_UNIT} >request`);
      t.match(await guard.told(/left alone/, since), why);
      t.notOk(await isUp());
    };
    const serveLong = async (): Promise<void> => {
      await lab.sh(`systemctl start ${STAND_IN_UNIT}`);
      await until('its set', async () => ((await setIds(lab, WWW_DATA)).length > 0 ? true : null));
      await fillTable(lab);
    };
    await serveLong();
    await ends(`systemctl stop ${STAND_IN_UNIT}`, /stopped-by-admin/);
    await serveLong();
    // What ends sooner, with a table that is full, never served.
    const began = Number(await lab.sh(`systemctl show -P ActiveEnterTimestampMonotonic ${STAND_IN_UNIT}`));
    await until('it to have run for long', async () => {
      const seconds = Number((await lab.sh('cat /proc/uptime')).split(' ')[0]);
      return seconds * 1e6 > began + 11e6 ? true : null;
    });
    await ends('kill $(cat /run/httpd.pid)', /nothing to recover \(cause: other\)/);
  });

  await scenario('output and exit statuses of the commands', async (t) => {
    const nothing = { exitCode: 1, schema: 1, unit: apache.unit, cause: 'none', holders: [], cures: [] };
    await apache.start();
    t.match(await json('diagnose'), nothing);
    t.match(await json('recover'), { exitCode: 0, outcome: 'healthy', cause: 'none', steps: [] });
    await lab.sh('systemctl stop apache2');
    t.match(await json('diagnose'), { exitCode: 0, cause: 'stopped-by-admin' });

    await lab.sh('systemctl stop httpd-guard-watch');
    await apache.dropIn('zz.conf', ...NO_GUARD_AT_STARTS);
    await fillTable(lab);
    await start();
    const found = await json('diagnose');
    t.strictSame(Object.keys(found), [
      'exitCode',
      'schema',
      'unit',
      'cause',
      'holders',
      'evidence',
      'cures',
      'reasons',
    ]);
    t.match(found, {
      exitCode: 0,
      cause: 'semaphore-leak',
      holders: [{ uid: WWW_DATA, user: 'www-data', sets: MOST_SETS }],
      evidence: [{ rule: 'table', saw: /12 of 12 sets/, source: '/proc/sysvipc/sem' }],
      cures: [{ say: String, run: ['httpd-guard recover --unit apache2.service'] }],
    });
    const asUser = ['setpriv', '--reuid=65534', '--clear-groups', 'httpd-guard'] as const;
    const seen = await lab.run(...asUser, 'diagnose', '--json');
    t.match(JSON.parse(seen.stdout), { cause: /^semaphore-/ }, 'to look needs no root');
    t.equal(seen.exitCode, 0);
    t.match(await lab.run(...asUser, 'recover', '--json'), { exitCode: 77, stdout: '' });
    t.match(await lab.run('httpd-guard', 'recover', '--nonsense'), { exitCode: 64, stdout: '' });
    t.match(await lab.run('httpd-guard', 'diagnose', '--json', '--unit', 'nosuch'), { exitCode: 3 });
    t.match(await lab.run('httpd-guard', 'recover', '--json', '--unit', 'nosuch'), { exitCode: 3 });

    const plan = ['clean', 'reset-failed', 'start', 'settle'].map((word) => ({ do: word }));
    const planned = await json('recover', '--dry-run');
    t.match(planned, { exitCode: 0, outcome: 'planned', cause: 'semaphore-leak', steps: [], plan });
    t.ok(await isDown(), 'nothing was done');
    t.equal((await diagnose()).cause, 'semaphore-leak');
    const done = plan.map((step) => ({ ...step, ok: true, tookMs: Number }));
    t.match(await json('recover'), {
      exitCode: 0,
      outcome: 'recovered',
      cause: 'semaphore-leak',
      steps: done,
    });
    t.ok(await apache.serves());

    await lab.sh('systemctl stop apache2');
    await makeSets(lab, MOST_SETS - 1, { uid: 0, key: 7 });
    await fillTable(lab);
    await start();
    t.match(await json('recover'), {
      exitCode: 2,
      outcome: 'failed',
      cause: 'semaphore-demand',
      steps: [{ ok: true }, { ok: true }, { do: 'start', ok: false, tookMs: Number, why: /did not start/ }],
    });
    t.match(await json('recover'), { exitCode: 1, outcome: 'left-alone', cause: 'semaphore-demand' });
  });

  t.equal(await apache.mutexErrors(), '', 'nobody ever missed a mutex');
});

/** As on RHEL: systemd itself has the server in the foreground. */
const FOREGROUND = [
  'Type=exec',
  'PIDFile=',
  'ExecStart=',
  'ExecStart=/usr/sbin/apache2 -DFOREGROUND',
  'Environment=APACHE_RUN_USER=www-data APACHE_RUN_GROUP=www-data APACHE_RUN_DIR=/run/apache2',
  'Environment=APACHE_PID_FILE=/run/apache2/apache2.pid APACHE_LOCK_DIR=/run/apache2 APACHE_LOG_DIR=/var/log/apache2',
];

/** The processes in a unit's control group. */
async function pids({ lab, unit }: Apache): Promise<string[]> {
  const group = await lab.sh(`systemctl show -P ControlGroup ${unit}`);
  const { stdout } = await lab.run('sh', '-c', `cat /sys/fs/cgroup${group}/cgroup.procs`);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Kills the master alone; the workers go on, and hold the port. Says who they are. */
async function orphan(server: Apache): Promise<string[]> {
  const { lab, unit } = server;
  await server.dropIn('zz.conf', 'KillMode=process', 'SendSIGKILL=no');
  await server.start();
  const master = String(await server.masterPid());
  const workers = (await lab.sh(`pgrep -P ${master}`)).split('\n');
  await lab.sh(`kill -9 ${master}`);
  await until('the master to be dead', async () => {
    const { stdout } = await lab.run('systemctl', 'is-active', unit);
    return stdout === 'failed' ? true : null;
  });
  return workers;
}
