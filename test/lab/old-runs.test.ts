import t from 'tap';
import { Apache, WWW_DATA, clean, letSetsAge, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

interface Checked {
  sets: { id: number; verdict: string; evidence: { rule: string; saw: string }[] }[];
}

void t.test('sets of a run whose user or processes are no longer those of the unit', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  await lab.sh('a2enmod -q cgid; useradd -r other');
  const guard = await Guard.install(lab, apache);
  const check = async (): Promise<Checked['sets']> =>
    (JSON.parse((await lab.run('httpd-guard', 'check', '--json')).stdout) as Checked).sets;

  await t.test('User is changed in the file before the restart', async (t) => {
    await apache.start();
    await guard.rests();
    const before = await setIds(lab, WWW_DATA);
    t.ok(before.length > 0);
    lab.write('etc/apache2/conf-enabled/user.conf', 'User other\n');
    const sets = await check();
    t.strictSame(
      sets.filter(({ verdict }) => verdict !== 'in-use'),
      [],
      'its sets are in use, and not foreign',
    );
    t.strictSame((await clean(lab)).removed, []);
    await apache.kill9();
    await letSetsAge(lab);
    await apache.start();
    t.strictSame(
      (await setIds(lab, WWW_DATA)).filter((id) => before.includes(id)),
      [],
      'after a kill they are removed',
    );
    await lab.sh('rm /etc/apache2/conf-enabled/user.conf; systemctl stop apache2');
  });

  await t.test('a cgid daemon outlives its master (KillMode=process)', async (t) => {
    await apache.dropIn('zz.conf', 'KillMode=process');
    await apache.start();
    await guard.rests();
    const before = await setIds(lab, WWW_DATA);
    const master = await apache.masterPid();
    const children = (await lab.sh(`pgrep -P ${master}`)).split('\n');
    await lab.sh(`kill -9 ${master}`);
    await until('its end', async () =>
      /^(failed|inactive)/.test((await lab.run('systemctl', 'is-active', apache.unit)).stdout) ? true : null,
    );
    const { cause, cures } = JSON.parse((await lab.run('httpd-guard', 'diagnose', '--json')).stdout) as {
      cause: string;
      cures: { run: string[] }[];
    };
    t.equal(cause, 'killed');
    const [fix] = cures;
    t.match(fix?.run[0], /^kill -9 \d/, 'its workers hold the port');
    for (const command of fix?.run ?? []) await lab.sh(command);
    t.ok(await apache.serves(), 'as diagnose has it');
    await guard.rests();
    const daemon = children.find((pid) => !fix?.run[0]?.includes(pid)) ?? '';
    t.equal((await lab.run('kill', '-0', daemon)).exitCode, 0, 'the cgid daemon is running');

    const kept = (await check()).filter(({ id, verdict }) => before.includes(id) && verdict !== 'in-use');
    t.strictSame(
      kept.filter(({ evidence }) => evidence.every(({ saw }) => !saw.includes(daemon))),
      [],
      'what it could use is kept, and it is named',
    );
    t.strictSame((await clean(lab)).removed, []);
    await lab.sh(`kill -9 ${daemon}`);
    await until('the daemon to end', async () =>
      (await lab.run('kill', '-0', daemon)).exitCode === 0 ? null : true,
    );
    // While another run of a unit with KillMode=process is running, it is not proven that this is none of its processes.
    await lab.sh('systemctl stop apache2');
    await until('httpd to end', async () =>
      (await lab.run('pgrep', '-x', 'apache2')).exitCode === 0 ? null : true,
    );
    await apache.start();
    const left = (await setIds(lab, WWW_DATA)).filter((id) => before.includes(id));
    t.strictSame(left, [], 'the next start removes them');
    t.ok(await apache.serves());
    t.equal(await apache.mutexErrors(), '');
  });
});
