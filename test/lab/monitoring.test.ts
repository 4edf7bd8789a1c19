import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Apache, setIds } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';
import { verifyUnits } from './verify-units.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const SHIPPED = join(HERE, '../../scripts/monitoring');
const FILE = '/var/lib/prometheus/node-exporter/httpd_guard.prom';
const SERVICE = 'httpd-guard-metrics.service';
const TIMER = 'httpd-guard-metrics.timer';
const PLUGINS = '/usr/lib/nagios/plugins';
const AS_ANYONE = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];

const PROMETHEUS = `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [/etc/prometheus/httpd-guard.rules.yml]
scrape_configs:
  - job_name: node
    static_configs: [{ targets: ['127.0.0.1:9100'] }]
`;

interface Alert {
  state: string;
  labels: Record<string, string>;
}

void t.test('monitoring', async (t) => {
  const lab = await Lab.bootWithTools();
  t.teardown(() => {
    lab.end();
  });
  const plugin = async (...words: string[]) => {
    const [file = '', ...args] = [...AS_ANYONE, ...words];
    return lab.run(file, ...args);
  };
  const check = ['/usr/bin/httpd-guard', 'check', '--format', 'nagios'];
  const writeMetrics = (): Promise<string> => lab.sh(`systemctl start ${SERVICE}`);
  /** What Prometheus' HTTP API answers, its "data". */
  const ask = async <T>(path: string, query = ''): Promise<T | null> => {
    const { stdout } = await lab.run(
      ...(['curl', '-sf', '-G', `http://127.0.0.1:9090/api/v1/${path}`] as const),
      ...(query === '' ? [] : ['--data-urlencode', `query=${query}`]),
    );
    return stdout === '' ? null : (JSON.parse(stdout) as { data: T }).data;
  };
  const value = async (query: string): Promise<string | null> => {
    const data = await ask<{ result: { value: [number, string] }[] }>('query', query);
    return data?.result[0]?.value[1] ?? null;
  };

  const apache = await Apache.setUp(lab);
  const second = await apache.addInstance('b', 8081);
  await apache.start();
  await Guard.install(lab, apache, second);
  await lab.limitSets(128);
  // This is about alerts, not about recoveries; the watcher runs, because a stopped one is a warning.
  lab.write(
    'etc/systemd/system/httpd-guard-recover.service.d/lab.conf',
    '[Service]\nExecCondition=/bin/sh -c "rm -f /run/httpd-guard-watch/request; exit 1"\n',
  );
  await lab.sh('systemctl daemon-reload');

  await t.test('the timer has the file written at once, readable for node_exporter', async (t) => {
    await until('the first metrics', async () =>
      (await lab.run('test', '-e', FILE)).exitCode === 0 ? true : null,
    );
    t.equal(await lab.sh(`stat -c '%U %a' ${FILE}; ls ${FILE}*`), `root 644\n${FILE}`);
    t.equal(await lab.sh(`systemctl is-active ${TIMER}; systemctl is-enabled ${TIMER}`), 'active\nenabled');
    const next = `systemctl show -P SubState -P NextElapseUSecRealtime ${TIMER}`;
    await until('the timer to know its next time', async () => {
      const said = await lab.sh(next);
      return /^waiting$/m.test(said) && /^\w{3} [\d-]+ [\d:]+:00 /m.test(said) ? true : null;
    });
    t.equal(await verifyUnits(lab, SERVICE, TIMER), '');
    const { exitCode, stdout, stderr } = await lab.run('sh', '-c', `promtool check metrics <${FILE}`);
    t.strictSame(
      { exitCode, stdout, stderr },
      { exitCode: 0, stdout: '', stderr: '' },
      'promtool is content',
    );
    // From here on, each look is one of this test's own.
    lab.write(
      `etc/systemd/system/${TIMER}.d/lab.conf`,
      '[Timer]\nOnCalendar=\nOnActiveSec=\nOnCalendar=2099-01-01\n',
    );
    await lab.sh(`systemctl daemon-reload; systemctl restart ${TIMER}`);
  });

  await t.test('in its sandbox it sees the same as root, for every guarded unit', async (t) => {
    await writeMetrics();
    const timeless = (text: string): string =>
      text.replace(/^(httpd_guard_check_timestamp_seconds) .*\n?/m, '$1');
    const { exitCode, stdout } = await lab.run('httpd-guard', 'check', '--format', 'prometheus');
    t.equal(exitCode, 0);
    t.equal(timeless(lab.read(FILE)), timeless(`${stdout}\n`));
    t.match(stdout, 'httpd_guard_status{unit="apache2.service",status="ok"} 1');
    t.match(stdout, 'httpd_guard_status{unit="apache2@b.service",status="ok"} 1');
    const inUse = (await setIds(lab)).length;
    t.match(stdout, `httpd_guard_sets_by_verdict{unit="apache2.service",verdict="in-use"} ${inUse}`);
    await lab.sh('journalctl --sync');
    t.equal(await lab.sh(`journalctl -q -o cat -u ${SERVICE}`), '', 'and is not in the journal each minute');

    // The same sandbox, with other questions.
    const unit = lab.read(`etc/systemd/system/${SERVICE}`);
    const guard = /^ExecStart=(.*cjs) /m.exec(unit)?.[1];
    const questions = ['unshare --ipc -- true', `${guard} check --json`].map((line) => `ExecStart=${line}\n`);
    const output = `StandardOutput=truncate:${FILE}.json\n`;
    lab.write(
      'etc/systemd/system/same-sandbox.service',
      unit.replace(/^ExecStart=.*\n/m, `${questions.join('')}${output}`),
    );
    await lab.sh('systemctl daemon-reload; systemctl start same-sandbox');
    const seen = JSON.parse(lab.read(`${FILE}.json`)) as { reasons: string[] };
    t.match(seen, { status: 'ok', httpd: { user: 'www-data', masters: [{}] } });
    t.strictSame(seen.reasons, [], 'httpd itself was asked, apart, and every process was seen');
    await lab.sh(`rm /etc/systemd/system/same-sandbox.service ${FILE}.json; systemctl daemon-reload`);
  });

  await t.test('a failed write is reported', async (t) => {
    await lab.sh(`rm ${FILE}; mkdir ${FILE}`);
    t.equal((await lab.run('systemctl', 'start', SERVICE)).exitCode, 1);
    const why = `cannot write the metrics: ${FILE}: it is a directory (EISDIR)`;
    t.match(await lab.sh(`journalctl --sync; journalctl -q -o cat -u ${SERVICE}`), why);
    await lab.sh(`rmdir ${FILE}`);
    await writeMetrics();
  });

  // It takes five seconds to find its first target: meanwhile there are other things to do.
  const rules = readFileSync(join(SHIPPED, 'httpd-guard.rules.yml'), 'utf8');
  // The same rules, but for the waits.
  lab.write('etc/prometheus/httpd-guard.rules.yml', rules.replaceAll(/^( *for:) .*$/gm, '$1 0s'));
  lab.write('etc/prometheus/prometheus.yml', PROMETHEUS);
  await lab.sh('systemctl start prometheus-node-exporter prometheus');

  await t.test('as a plugin of an ordinary user', async (t) => {
    const healthy = await plugin(...check);
    t.match(healthy, {
      exitCode: 0,
      stdout: /^HTTPD-GUARD OK - [^|]+ \| sets=\d+;102;127;0;128 semaphores=/,
    });
    const negated = await plugin(`${PLUGINS}/negate`, ...check);
    t.equal(negated.exitCode, 2);
    t.match(negated.stdout, healthy.stdout.split('\n')[0], 'is passed through');
    const substituted = await plugin(`${PLUGINS}/negate`, '-s', '-o', 'WARNING', ...check);
    t.match(substituted, { exitCode: 1, stdout: /^HTTPD-GUARD WARNING - / }, 'its status word is found');
    const linked = await plugin(`${PLUGINS}/urlize`, 'http://wiki/', ...check);
    t.match(
      linked,
      { exitCode: 0, stdout: /HTTPD-GUARD OK - .*<\/A> *\| *sets=\d+;102;/ },
      'and its figures',
    );
    const { length: sets } = await setIds(lab);
    await lab.limitSets(sets + 1);
    const warned = await plugin(...check, '--warn', '50', '--crit', '90');
    t.match(warned, { exitCode: 1, stdout: /^HTTPD-GUARD WARNING - .*\| sets=/ });
    await lab.limitSets(sets);
    t.match(await plugin(...check), { exitCode: 2, stdout: /^HTTPD-GUARD CRITICAL - .*\| sets=/ });
    const full = await plugin(`${PLUGINS}/negate`, '-s', ...check);
    t.match(full, { exitCode: 0, stdout: /^HTTPD-GUARD OK - / });
    await lab.limitSets(128);
  });

  await t.test('the packaged rules pass their tests', async (t) => {
    for (const [folder, name] of [
      [SHIPPED, 'httpd-guard.rules.yml'],
      [HERE, 'monitoring-rules.yml'],
    ] as const)
      copyFileSync(join(folder, name), join(lab.root, 'root', name));
    t.match(await lab.sh('promtool check rules /root/httpd-guard.rules.yml'), /SUCCESS: 12 rules found/);
    t.match(await lab.sh('promtool test rules /root/monitoring-rules.yml'), /SUCCESS/);
  });

  await t.test('sets leaked by kill -9 make a real Prometheus fire', async (t) => {
    const orphans = 'httpd_guard_sets_by_verdict{unit="apache2.service",verdict="orphan"}';
    await until('a first scrape', async () => ((await value(orphans)) === '0' ? true : null));
    const firing = async (): Promise<string[] | null> => {
      const data = await ask<{ alerts: Alert[] }>('alerts');
      return (
        data?.alerts.flatMap(({ state, labels }) =>
          state === 'firing' ? [labels['alertname'] ?? ''] : [],
        ) ?? null
      );
    };
    t.strictSame(await firing(), [], 'nothing while all is well');

    // As if the guard did not clear what a killed run left, at its end and before the next.
    await apache.dropIn('zz.conf', 'ExecStartPre=', 'ExecStopPost=');
    await apache.kill9();
    await apache.start();
    await apache.kill9();
    const left = (await setIds(lab)).length;
    t.ok(left >= 6, 'each run left its sets');
    await lab.limitSets(left);
    lab.write(
      'var/lib/httpd-guard/apache2.service.recoveries',
      JSON.stringify({ triesMs: [Date.now()], gaveUp: true }),
    );
    await writeMetrics();
    const expected = [
      'HttpdFewStartsLeft',
      'HttpdGuardGaveUp',
      'HttpdNotGuarded',
      'HttpdSemaphoreOrphansGrow',
      'HttpdSemaphoreTableFills',
      'HttpdSemaphoreTableFull',
    ];
    const fired = await until('the alerts', async () => {
      const names = [...new Set(await firing())].sort();
      return names.length >= expected.length ? names : null;
    });
    t.strictSame(fired, expected);
    t.equal(await value(orphans), String(left));

    await lab.sh(
      'rm /etc/systemd/system/apache2.service.d/zz.conf; systemctl daemon-reload; httpd-guard clean --quiet --unit apache2.service; systemctl start apache2.service',
    );
    await lab.limitSets(128);
    await writeMetrics();
    await until('the alerts to end', async () => ((await firing())?.length === 0 ? true : null));
  });

  await t.test('Prometheus understands every query of the dashboard', async (t) => {
    const { panels } = JSON.parse(readFileSync(join(SHIPPED, 'grafana-dashboard.json'), 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    for (const { title, targets } of panels)
      for (const { expr } of targets)
        t.ok(await value(expr.replaceAll('$instance', '.*')), `${title} has something to draw`);
  });

  await t.test('without node_exporter it is inactive, and uninstall removes it', async (t) => {
    await lab.sh(
      `systemctl stop prometheus prometheus-node-exporter ${TIMER}; rm -r /etc/systemd/system/${TIMER}.d; systemctl daemon-reload`,
    );
    const folder = FILE.slice(0, FILE.lastIndexOf('/'));
    await lab.sh(`mv ${folder} ${folder}.away; systemctl start ${SERVICE}`);
    t.equal(await lab.sh(`systemctl show -P ConditionResult -P Result ${SERVICE}`), 'success\nno');
    await lab.sh(`mv ${folder}.away ${folder}`);
    const removed = await lab.sh('httpd-guard uninstall');
    for (const path of [FILE, `/etc/systemd/system/${SERVICE}`, `/etc/systemd/system/${TIMER}`]) {
      t.match(removed, `removed ${path}`);
      t.equal((await lab.run('test', '-e', path)).exitCode, 1, path);
    }
    t.equal(await lab.sh("systemctl list-units --all --no-legend 'httpd-guard-metrics*'"), '');
    await lab.sh(`rmdir ${folder}; httpd-guard install`);
    t.equal(
      (await lab.run('test', '-e', `/etc/systemd/system/${TIMER}`)).exitCode,
      1,
      'none where none is read',
    );
    lab.write('etc/httpd-guard.toml', '[monitor]\ntextfile = "/var/lib/metrics"\n');
    t.match(
      await lab.sh('httpd-guard install'),
      'metrics are not written: /var/lib/metrics is not a directory',
    );
    await lab.sh('mkdir /var/lib/metrics; httpd-guard install');
    await until('metrics in the folder that was named', async () =>
      (await lab.run('test', '-e', '/var/lib/metrics/httpd_guard.prom')).exitCode === 0 ? true : null,
    );
  });
});
