import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Apache, WWW_DATA, letSetsAge, makeSets } from './apache.ts';
import { Lab, type Ran } from './lab.ts';

interface Seen {
  schema: number;
  kernelSem: Record<string, number> | null;
  firstNamespace: boolean | null;
  limits: { sets: { used: number; max: number }; semaphores: { used: number; max: number } } | null;
  owners: { uid: number; user: string | null; product: string | null; sets: number; semaphores: number }[];
  needed: number | null;
  units: {
    unit: string;
    active: string;
    registered: number | null;
    held: number | null;
    guarded: boolean;
    leaks: boolean | null;
    killsLeft: number | null;
    killsLeftAtLeast: number | null;
    startFits: boolean | null;
    why: string | null;
  }[];
  reasons: string[];
}

const OWN_FILE = '/etc/sysctl.d/60-httpd-guard.conf';

void t.test('limits', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();
  // Of all of /proc/sys this one file alone: the rest is the host's own.
  const sem = '/proc/sys/kernel/sem';
  await lab.sh(`mount --bind ${sem} ${sem} && mount -o remount,bind,rw ${sem}`);

  const limits = async (...words: string[]): Promise<Seen> => {
    const { exitCode, stdout, stderr } = await lab.run('httpd-guard', 'limits', '--json', ...words);
    if (exitCode !== 0) throw new Error(`limits ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout) as Seen;
  };
  const setSem = (text: string): Promise<string> => lab.sh(`echo '${text}' >${sem}`);
  const readSem = async (): Promise<string> => (await lab.sh(`cat ${sem}`)).trim().replaceAll('\t', ' ');
  const removeAll = async (): Promise<void> => {
    await lab.run('systemctl', 'stop', apache.unit);
    await lab.sh('ipcrm --all=sem');
  };
  /** Kills it until a start fails; says after how many kill -9 it still came up. */
  const killUntilItFails = async (): Promise<number> => {
    for (let survived = 0; survived < 20; survived++) {
      await apache.kill9();
      if (!(await apache.tryStart())) return survived;
    }
    throw new Error('it starts for ever');
  };
  const only = ({ units }: Seen): Seen['units'][number] => {
    const [one] = units.filter(({ unit }) => unit === apache.unit);
    if (one === undefined) throw new Error('limits does not know the unit');
    return one;
  };

  await t.test('the owners of the table, which an ordinary user can see, too', async (t) => {
    await lab.sh('useradd -u 900 -o oracle');
    await makeSets(lab, 2, { uid: WWW_DATA, as: WWW_DATA, key: 0x70687000, nsems: 3 });
    await makeSets(lab, 4, { uid: 900, key: 7, nsems: 17 });
    await makeSets(lab, 1, { uid: 4711 });
    await setSem('250 32000 32 128');
    const seen = await limits();
    t.match(seen, {
      schema: 1,
      kernelSem: { semmsl: 250, semmns: 32_000, semopm: 32, semmni: 128 },
      firstNamespace: false,
      limits: { sets: { used: 7, max: 128 }, semaphores: { used: 75, max: 32_000 } },
    });
    t.strictSame(seen.owners, [
      { uid: 900, user: 'oracle', product: 'Oracle Database', sets: 4, semaphores: 68 },
      { uid: WWW_DATA, user: 'www-data', product: 'PHP sem_get', sets: 2, semaphores: 6 },
      { uid: 4711, user: null, product: null, sets: 1, semaphores: 1 },
    ]);
    const asNobody = ['setpriv', '--reuid=nobody', '--clear-groups', 'httpd-guard', 'limits'] as const;
    const nobody = await lab.run(...asNobody, '--json');
    t.equal(nobody.exitCode, 0, nobody.stderr);
    t.strictSame((JSON.parse(nobody.stdout) as Seen).owners, seen.owners);
    const text = await lab.run(...asNobody);
    t.equal(text.exitCode, 0);
    t.equal(text.stderr, '');
    t.match(text.stdout, /^sets \(SEMMNI\) +7 of 128 in use \(5 %\), 121 free$/m);
    t.match(text.stdout, /^ +4 +68 {2}oracle \(uid 900\) \(Oracle Database\?\)$/m);
    await removeAll();
  });

  const proves = async (t: Test, what: string, kernelSem: string): Promise<void> => {
    await t.test(what, async (t) => {
      await removeAll();
      await setSem('250 32000 32 32000');
      await apache.start();
      await letSetsAge(lab);
      await setSem(kernelSem);
      const { killsLeft, killsLeftAtLeast, held } = only(await limits());
      t.ok(killsLeft !== null && killsLeftAtLeast !== null && killsLeftAtLeast <= killsLeft);
      t.comment(`${held} held, ${killsLeft} kill -9 left, ${killsLeftAtLeast} at any rate`);
      t.equal(await killUntilItFails(), killsLeft);
      t.match(only(await limits()), { startFits: null, killsLeft: null, killsLeftAtLeast: 0 });
      t.match(await lab.sh('httpd-guard limits'), 'the next start may fail: fewer sets are free');
    });
  };
  await proves(t, 'how many kill -9 are left, by SEMMNI', '250 32000 32 14');
  await proves(t, 'how many kill -9 are left, by SEMMNS', '250 11 32 128');

  await t.test('registered mutexes that are not created count for the guaranteed figure', async (t) => {
    await removeAll();
    const { registered } = only(await limits());
    t.equal(registered, 6);
    lab.write(
      'etc/apache2/conf-enabled/zz.conf',
      ['ssl-stapling', 'ssl-stapling-refresh', 'proxy', 'watchdog-callback']
        .map((name) => `Mutex pthread ${name}\n`)
        .join(''),
    );
    await setSem('250 32000 32 10');
    const down = only(await limits());
    t.match(down, { active: /inactive|failed/, held: null, startFits: true, killsLeft: null });
    t.ok(await apache.tryStart());
    const up = only(await limits());
    t.comment(`${down.registered} registered, ${up.held} held, ${down.killsLeftAtLeast} kill -9 left`);
    t.match(up, { held: 2, registered: 2, killsLeft: 4, killsLeftAtLeast: 4 });
    t.equal(down.killsLeftAtLeast, 4, 'told before its start, too');
    t.equal(await killUntilItFails(), 4);
    t.not(only(await limits()).startFits, true);
    t.match(await lab.sh('httpd-guard limits'), /the next start (fails|may fail)/);
  });

  await t.test('mutexes that are not System V semaphores do not leak', async (t) => {
    await removeAll();
    lab.write('etc/apache2/conf-enabled/zz.conf', 'Mutex pthread default\n');
    await apache.start();
    t.match(only(await limits()), { registered: 0, leaks: false, killsLeft: null, why: /without System V/ });
    t.match(await lab.sh('httpd-guard limits'), 'does not leak: it is running without System V semaphores');
    lab.write('etc/apache2/conf-enabled/zz.conf', 'Nonsense\n');
    await removeAll();
    const seen = await limits();
    t.match(only(seen), { registered: null, leaks: null });
    t.equal(seen.needed, null);
    t.match(seen.reasons.join('\n'), 'Nonsense');
    lab.write('etc/apache2/conf-enabled/zz.conf', '');
  });

  await t.test('several instances', async (t) => {
    await apache.addInstance('b', 8080);
    await lab.sh('SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2 apache2@b');
    const { needed, units } = await limits();
    t.strictSame(
      units.map(({ unit }) => unit),
      ['apache2.service', 'apache2@b.service'],
    );
    t.equal(needed, 12);
    await lab.sh('SYSTEMCTL_SKIP_SYSV=1 systemctl disable -q apache2@b');
    t.equal((await limits()).needed, 6);
  });

  const raise = (...words: string[]): Promise<Ran> => lab.run('httpd-guard', 'limits', '--raise', ...words);
  const backups = (): string[] =>
    readdirSync(join(lab.root, 'etc/sysctl.d')).filter((name) => name.startsWith('60-httpd-guard.conf.bak'));

  await t.test('--raise is effective now and after a boot', async (t) => {
    await setSem('250 1000 32 128');
    const dry = await raise('200', '--dry-run');
    t.match(dry, { exitCode: 0, stderr: '' });
    t.match(dry.stdout, 'would set kernel.sem = 250 50000 32 200; it is 250 1000 32 128');
    t.equal(await readSem(), '250 1000 32 128');
    t.notOk((await lab.run('test', '-e', OWN_FILE)).exitCode === 0, 'a dry run writes nothing');

    const first = await raise('200');
    t.match(first, { exitCode: 0, stderr: '' });
    t.match(first.stdout, `to undo: rm ${OWN_FILE} && echo '250 1000 32 128' >/proc/sys/kernel/sem`);
    t.match(first.stdout, 'not the IPC namespace of the host');
    t.equal(await readSem(), '250 50000 32 200');
    t.match(lab.read(OWN_FILE), /^kernel\.sem = 250 50000 32 200$/m);
    await setSem('250 1000 32 128');
    await lab.sh('systemctl restart systemd-sysctl');
    t.equal(await readSem(), '250 50000 32 200', 'as at boot');
    t.strictSame(backups(), []);

    const again = await raise('200');
    t.match(again.stdout, 'nothing to change');
    t.strictSame(backups(), [], 'again is as good as once');

    const before = lab.read(OWN_FILE);
    const { stdout } = await raise('300', '--json');
    const { backup, undo } = JSON.parse(stdout) as { backup: string; undo: string };
    t.equal(lab.read(backup), before);
    t.equal(backups().length, 1);
    await lab.sh('systemctl restart systemd-sysctl');
    t.equal(await readSem(), '250 75000 32 300', 'the backup is not read');
    await lab.sh(undo);
    t.equal(await readSem(), '250 50000 32 200');
    t.equal(lab.read(OWN_FILE), before);
    t.strictSame(backups(), []);
  });

  await t.test('--raise names the file that overrides it at boot', async (t) => {
    lab.write('etc/sysctl.d/70-oracle.conf', 'kernel.sem = 250 32000 100 128\n');
    t.match((await raise('400')).stdout, '/etc/sysctl.d/70-oracle.conf overrides it at boot');
    await lab.sh('systemctl restart systemd-sysctl');
    t.equal(await readSem(), '250 32000 100 128', 'and so it is');
    await lab.sh('rm /etc/sysctl.d/70-oracle.conf; echo kernel.sem=250 32000 100 99 >>/etc/sysctl.conf');
    await setSem('250 32000 32 128');
    // Debian has it up to 12.
    await lab.sh('ln -sf ../sysctl.conf /etc/sysctl.d/99-sysctl.conf');
    t.match((await raise('400')).stdout, '/etc/sysctl.d/99-sysctl.conf overrides it at boot');
    await lab.sh('systemctl restart systemd-sysctl');
    t.equal(await readSem(), '250 32000 100 99', 'a link leads there');
    await lab.sh('rm /etc/sysctl.d/99-sysctl.conf');
    t.match((await raise('400')).stdout, 'systemd does not read it at boot, but sysctl --system');
    await lab.sh('systemctl restart systemd-sysctl');
    t.match(await readSem(), / 400$/, 'it does not');
    await lab.run('sysctl', '--system');
    t.equal(await readSem(), '250 32000 100 99', 'and that does');
    await lab.sh(`rm ${OWN_FILE}; sed -i /kernel.sem/d /etc/sysctl.conf`);
  });

  await t.test('--raise refuses', async (t) => {
    await setSem('250 32000 32 128');
    const refused = async (words: string[], why: RegExp): Promise<void> => {
      const { exitCode, stdout, stderr } = await raise(...words);
      t.equal(exitCode, 1);
      t.equal(stdout, '');
      t.match(stderr, why);
      t.match(stderr, /^httpd-guard: not raised: [^\n]+$/);
      t.equal(await readSem(), '250 32000 32 128');
    };
    await refused(['127'], /not lowered to 127; allowed: 128 to 32768/);
    await refused(['32769'], /largest SEMMNI of this kernel is 32768 .*; allowed: 128 to 32768/);
    lab.write(OWN_FILE, 'vm.swappiness = 1\n');
    await refused(['200'], /also contains "vm\.swappiness = 1"/);
    await lab.sh(`rm ${OWN_FILE}; umount ${sem}`);
    await refused(['200'], /cannot be written: .*read-only/);
    t.notOk((await lab.run('test', '-e', OWN_FILE)).exitCode === 0, 'what does not count is not kept');
    const nobody = await lab.run(
      'setpriv',
      '--reuid=nobody',
      '--clear-groups',
      'httpd-guard',
      'limits',
      '--raise',
      '200',
    );
    t.match(nobody, { exitCode: 77, stdout: '', stderr: /needs root/ });
  });

  t.equal(await apache.mutexErrors(), '');
});
