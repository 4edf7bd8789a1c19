import { readFileSync } from 'node:fs';
import t from 'tap';
import { Apache } from './apache.ts';
import { Guard, failForSets } from './guard.ts';
import { Lab, until } from './lab.ts';

const WATCH = 'httpd-guard-watch.service';
const METRICS = 'httpd-guard-metrics.service';
const FOLDER = '/var/lib/metrics';

const versions = readFileSync(new URL('../../scripts/node-versions', import.meta.url), 'utf8')
  .trim()
  .split('\n');

void t.test('httpd-guard works with every supported Node', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'prefork');
  lab.write('etc/httpd-guard.toml', `[monitor]\ntextfile = "${FOLDER}"\n`);
  const show = (unit: string, property: string): Promise<string> =>
    lab.sh(`systemctl show -P ${property} ${unit}`);
  t.ok(versions.length >= 4);

  for (const version of versions)
    await t.test(`Node ${version}`, async (t) => {
      const node = `/opt/node-${version.split('.')[0] ?? ''}/bin/node`;
      t.equal((await lab.sh(`${node} --version`)).trim(), `v${version}`);
      await lab.sh(`ln -sf ${node} /usr/local/bin/node; mkdir -p ${FOLDER}; rm -f ${FOLDER}/*`);
      const since = (await lab.sh('journalctl --sync; date +@%s.%6N')).trim();
      const guard = await Guard.install(lab, apache);
      await lab.sh(`systemctl start ${apache.unit}`);

      t.equal((await show(WATCH, 'ActiveState')).trim(), 'active');
      t.equal(
        (await lab.sh(`readlink /proc/$(systemctl show -P MainPID ${WATCH})/exe`)).trim(),
        node,
        'the watcher runs with it',
      );
      await until('the metrics', async () =>
        (await lab.run('test', '-s', `${FOLDER}/httpd_guard.prom`)).exitCode === 0 ? true : null,
      );
      t.match(await show(METRICS, 'ExecStart'), `/run-node ${node} `, 'so do the metrics');
      const warnings = `journalctl --sync; journalctl -q -o cat -p warning --since=${since} -u 'httpd-guard-*'`;
      t.equal(await lab.sh(warnings), '', 'no warning');
      t.notMatch(
        await lab.sh(`journalctl -q -o cat --since=${since} -u 'httpd-guard-*'`),
        /DeprecationWarning|ExperimentalWarning|bad option/,
      );

      const failed = (await guard.mark()).trim();
      await failForSets(apache);
      t.match(await guard.told(/serves again|left alone|could not|broke off/, failed), 'serves again');
      t.ok(await apache.serves());
      await guard.rests();

      await apache.dropIn('zz.conf');
      await guard.forgetTries();
      await lab.sh('httpd-guard uninstall --quiet');
      await lab.uninstallGuard();
    });
});
