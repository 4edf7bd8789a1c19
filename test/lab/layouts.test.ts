import t from 'tap';
import { makeSets, setIds } from './apache.ts';
import { Lab, until } from './lab.ts';
import { LAYOUTS, setUp, takeDown } from './layouts.ts';

/** Room for three runs: the fourth has none, if nothing was removed. */
const MOST_SETS = 6;

void t.test('supported layouts of servers', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await lab.installGuard();
  await lab.limitSets(MOST_SETS);
  const state = (unit: string): Promise<string> =>
    lab.sh(
      `find /etc /usr /var/lib /opt -xdev ! -path "*/logs/*" ! -name make-sets | sort; systemctl cat ${unit}`,
    );
  for (const layout of LAYOUTS) {
    const { unit, user, pidFile } = layout;
    await t.test(layout.name, async (t) => {
      const server = await setUp(lab, layout);
      const before = await state(unit);
      const uid = Number(await lab.sh(`id -u ${user}`));
      t.match(await lab.sh('httpd-guard install'), `${unit} is guarded`, 'the right unit is found');
      const report = JSON.parse((await lab.run('httpd-guard', 'check', '--json')).stdout) as object;
      t.match(report, {
        unit: { name: unit, active: 'active' },
        httpd: { user, uid, mutexMechanism: 'sysvsem', pidFile: { path: pidFile, state: 'live' } },
        summary: { orphan: 0, inUse: 2, unsure: 0 },
      });

      for (let cycle = 0; cycle < 4; cycle++) {
        await server.kill9();
        await lab.sh(`systemctl reset-failed ${unit}`);
        await server.start();
      }
      t.equal((await setIds(lab, uid)).length, 2, 'ten would not have fit');

      // Without the guard before its start it fails, and the watcher brings it back.
      await server.kill9();
      lab.write(`etc/systemd/system/${unit}.d/90-lab.conf`, '[Service]\nExecStartPre=\n');
      await lab.sh(`systemctl daemon-reload; systemctl reset-failed ${unit}`);
      await makeSets(lab, MOST_SETS - (await setIds(lab)).length, { uid });
      await lab.run('systemctl', 'start', unit);
      await until('it to serve again', async () => ((await server.serves()) ? true : null));
      await until('the recovery to end', async () => {
        const { stdout } = await lab.run('systemctl', 'is-active', 'httpd-guard-recover');
        return stdout === 'inactive' ? true : null;
      });
      t.equal((await setIds(lab, uid)).length, 2);

      await lab.sh(`rm /etc/systemd/system/${unit}.d/90-lab.conf; systemctl daemon-reload`);
      const configuration = `/${layout.serverRoot}/${layout.configuration ?? 'conf/httpd.conf'}`;
      await lab.sh(
        `systemctl stop ${unit}; echo Nonsense >>${configuration}; systemctl start ${unit} || true`,
      );
      const { cause, cures } = JSON.parse(
        (await lab.run('httpd-guard', 'diagnose', '--json', '--unit', unit)).stdout,
      ) as { cause: string; cures: { run: string[] }[] };
      t.equal(cause, 'config-error');
      t.match(
        (await lab.run('sh', '-c', cures[0]?.run[0] ?? '')).stderr,
        "Invalid command 'Nonsense'",
        `it tests the configuration of the unit: ${cures[0]?.run[0]}`,
      );
      await lab.sh(`sed -i /Nonsense/d ${configuration}`);

      await lab.sh('httpd-guard uninstall');
      t.equal(await state(unit), before, 'and afterwards all is as before');
      await takeDown(lab, layout);
      await lab.sh('ipcrm --all=sem');
    });
  }
});
