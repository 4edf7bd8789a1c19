import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, setIds } from './apache.ts';
import { MOST_SETS, failForSets } from './guard.ts';
import { Lab } from './lab.ts';

interface Cure {
  say: string;
  run: string[];
  traps: string[];
}

const CYCLES = 4;

void t.test("the unit's own IPC namespace, as diagnose advises", async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await lab.installGuard();
  await lab.limitSets(MOST_SETS);
  const { unit } = apache;
  const json = async <T>(...words: string[]): Promise<T> =>
    JSON.parse((await lab.run('httpd-guard', ...words, '--json')).stdout) as T;
  const isApart = async (): Promise<boolean> => {
    const ours = await lab.sh('readlink /proc/1/ns/ipc');
    return (await lab.sh(`readlink /proc/${await apache.masterPid()}/ns/ipc`)) !== ours;
  };
  let old: number[] = [];

  await t.test('pasted after a failure, it fixes it', async (t) => {
    await failForSets(apache);
    t.not((await lab.run('systemctl', 'is-active', unit)).exitCode, 0);
    old = await setIds(lab);
    t.equal(old.length, MOST_SETS);

    const { cures } = await json<{ cures: Cure[] }>('diagnose');
    const cure = cures.find(({ run }) => run.some((line) => line.includes('PrivateIPC=yes')));
    t.ok(cure !== undefined && cure.traps.length === 5);
    t.match(
      cures.map(({ say, run }) => `${say} ${run.join(' ')}`).join('\n'),
      /httpd-guard clean[^]*PrivateIPC[^]*Mutex pthread[^]*limits --raise 32000[^]*TimeoutStopSec/,
      'the best first',
    );
    for (const line of cure?.run ?? []) await lab.sh(line);
    t.ok(await apache.serves(), 'it starts beside a table that is full');
    t.ok(await isApart());
  });

  await t.test(`${CYCLES} kill -9 leave nothing`, async (t) => {
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      await apache.kill9();
      t.ok(await apache.tryStart());
      t.strictSame(await setIds(lab), old, 'the table out here is as before');
    }
    const inside = await lab.sh(
      `nsenter -t ${await apache.masterPid()} -i sh -c 'tail -n +2 /proc/sysvipc/sem | wc -l; cat /proc/sys/kernel/sem'`,
    );
    t.match(
      inside.replaceAll('\t', ' '),
      /^3\n32000 1024000000 500 32000\s*$/,
      'nor the table in there, which has its own limits',
    );
    await lab.limitSets(MOST_SETS + 1);
    t.match(
      await lab.sh(`nsenter -t ${await apache.masterPid()} -i cat /proc/sys/kernel/sem`),
      /\t32000$/,
      'the host’s kernel.sem does not reach inside',
    );
    await lab.limitSets(MOST_SETS);
  });

  await t.test('the commands on such a unit', async (t) => {
    const check = await lab.run('httpd-guard', 'check', '--explain');
    t.equal(check.exitCode, 1, 'a table full of orphaned sets is a warning, but no risk to it');
    t.match(
      check.stdout,
      `${unit} is not at risk yet, but ${MOST_SETS} sets are orphaned (leaked by a killed httpd).`,
    );
    t.match(check.stdout, 'in its own IPC namespace (PrivateIPC=yes)');
    t.match(check.stdout, /To fix:[^]*httpd-guard clean/);
    t.notMatch(check.stdout, /PrivateIPC=yes\\n/, 'it has that already');
    t.notMatch(check.stdout, '--raise');
    const { units, needed } = await json<{ units: unknown[]; needed: number }>('limits');
    t.match(units, [{ unit, privateIpc: true, leaks: false, killsLeft: null, why: /PrivateIPC=yes/ }]);
    t.equal(needed, 0);
    t.match(await lab.sh('httpd-guard limits'), 'does not leak: it has its own IPC namespace');
    t.match(await json('diagnose'), { cause: 'none' });

    await apache.kill9();
    t.match(await json('diagnose'), { cause: 'killed' }, 'a full table out here is no cause of its end');
    lab.write('etc/apache2/conf-enabled/zz.conf', 'Listen 80\n');
    await lab.run('systemctl', 'start', unit);
    const { cause } = await json<{ cause: string }>('diagnose');
    t.notMatch(cause, 'semaphore');
    t.match(await json('recover'), { outcome: /left-alone|unsure/ });
    lab.write('etc/apache2/conf-enabled/zz.conf', '');
    t.ok(await apache.tryStart());
  });

  await t.test('sets leaked before are removed by clean', async (t) => {
    await letSetsAge(lab);
    t.strictSame(new Set((await clean(lab)).removed), new Set(old));
    t.strictSame(await setIds(lab, WWW_DATA), []);
    t.ok(await apache.serves());
    t.equal((await lab.run('httpd-guard', 'check')).exitCode, 0);
  });

  await t.test('guarded at its starts and stops', async (t) => {
    await lab.sh(
      'httpd-guard install --quiet; rm -f /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload',
    );
    await apache.kill9();
    t.ok(await apache.tryStart());
    t.ok(await isApart());
    t.strictSame(await setIds(lab), []);
    t.ok(await apache.serves());
  });

  t.equal(await apache.mutexErrors(), '');
});
