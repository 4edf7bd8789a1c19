import t from 'tap';
import { Apache, WWW_DATA, letSetsAge, makeSets, setIds } from './apache.ts';
import { Guard, MOST_SETS } from './guard.ts';
import { Lab, until } from './lab.ts';

/** With KillMode=process the daemon of mod_cgid outlives a killed master. It was forked from it, so it could use its sets. */
void t.test(
  'sets that a worker of a killed master could use are kept, and the advice frees them',
  async (t) => {
    const lab = await Lab.boot();
    t.teardown(() => {
      lab.end();
    });
    const apache = await Apache.setUp(lab, 'prefork');
    await Guard.install(lab, apache);
    await lab.sh('a2enmod -q cgid; systemctl stop httpd-guard-watch httpd-guard-recover.path');
    await apache.dropIn('zz.conf', 'KillMode=process', 'SendSIGKILL=no');
    await apache.start();
    const master = await apache.masterPid();
    const [daemon = '', ...workers] = (await lab.sh(`pgrep -P ${master} | sort -n`)).split('\n');
    await lab.sh(`kill -9 ${master} ${workers.join(' ')}`);
    await until('its end', async () =>
      (await lab.run('systemctl', 'is-active', apache.unit)).stdout === 'failed' ? true : null,
    );
    t.match(await lab.sh(`cat /proc/${daemon}/comm`), 'apache2', 'the daemon is running');
    const kept = (await setIds(lab, WWW_DATA)).length;
    t.ok(kept > 0);
    await makeSets(lab, MOST_SETS - kept, { uid: 0, key: 7 });
    await letSetsAge(lab);
    await lab.run('systemctl', 'start', apache.unit);
    const { stdout } = await lab.run('httpd-guard', 'diagnose', '--json', '--unit', apache.unit);
    const { cause, cures } = JSON.parse(stdout) as { cause: string; cures: { run: string[] }[] };
    t.equal(cause, 'semaphore-demand');
    const run = cures[0]?.run ?? [];
    t.strictSame(run, [`kill -9 ${daemon}`, `httpd-guard recover --unit ${apache.unit}`]);
    t.notOk(await apache.serves());
    for (const line of run) await lab.sh(line);
    t.ok(await apache.serves(), 'the printed commands bring it back');
  },
);

void t.test(
  'workers of the event MPM that hold the port: the advice ends them, and httpd starts',
  async (t) => {
    const lab = await Lab.boot();
    t.teardown(() => {
      lab.end();
    });
    const apache = await Apache.setUp(lab, 'event');
    await lab.installGuard();
    await apache.dropIn('zz.conf', 'KillMode=process', 'SendSIGKILL=no');
    await apache.start();
    const master = await apache.masterPid();
    await until('its workers', async () =>
      (await lab.sh(`pgrep -P ${master} || true`)) === '' ? null : true,
    );
    await lab.sh(`kill -9 ${master}`);
    await until('its end', async () =>
      (await lab.run('systemctl', 'is-active', apache.unit)).stdout === 'failed' ? true : null,
    );
    await lab.run('systemctl', 'start', apache.unit);
    const { stdout } = await lab.run('httpd-guard', 'diagnose', '--json', '--unit', apache.unit);
    const { cause, cures } = JSON.parse(stdout) as { cause: string; cures: { run: string[] }[] };
    t.equal(cause, 'port-held-by-orphans');
    for (const line of cures[0]?.run ?? []) await lab.sh(line);
    t.equal(await lab.sh(`systemctl is-active ${apache.unit}`), 'active');
    t.ok(await apache.serves());
  },
);
