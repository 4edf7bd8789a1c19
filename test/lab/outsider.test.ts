import t from 'tap';
import { Apache } from './apache.ts';
import { Guard } from './guard.ts';
import { Lab, until } from './lab.ts';

interface Found {
  cause: string;
  evidence: { rule: string; saw: string }[];
  cures: { say: string; run: string[] }[];
}

const START_BY_HAND = '. /etc/apache2/envvars; apache2 -k start';

void t.test('advice does not stop an httpd that was started outside systemd', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab, 'event');
  await Guard.install(lab, apache);
  const diagnose = async (): Promise<Found> => {
    const { stdout } = await lab.run('httpd-guard', 'diagnose', '--json', '--unit', apache.unit);
    return JSON.parse(stdout) as Found;
  };
  const serves = (): Promise<boolean> =>
    until('it to serve', async () => ((await apache.serves()) ? true : null));

  await t.test('after a stop', async (t) => {
    await apache.start();
    await lab.sh(`systemctl stop ${apache.unit}; ${START_BY_HAND}`);
    t.ok(await serves());
    const pid = await apache.masterPid();
    const found = await diagnose();
    t.equal(found.cause, 'started-outside-systemd');
    t.match(found.evidence[0], { rule: 'outsider', saw: `httpd ${pid} (/usr/sbin/apache2)` });
    const { exitCode, stdout } = await lab.run('httpd-guard', 'recover', '--unit', apache.unit);
    t.equal(exitCode, 1);
    t.match(stdout, 'started-outside-systemd');
    t.equal(await apache.masterPid(), pid, 'nobody touched it');
    t.ok(await apache.serves());
    const [cure] = found.cures;
    await lab.sh((cure?.run ?? []).join('\n'));
    t.ok(await serves());
    t.equal(await lab.sh(`systemctl is-active ${apache.unit}`), 'active');
    t.not(await apache.masterPid(), pid);
    t.match(await diagnose(), { cause: 'none' });
  });

  await t.test('with another pid file, after a start that failed', async (t) => {
    await lab.sh(`systemctl stop ${apache.unit}; ${START_BY_HAND} -c "PidFile /run/by-hand.pid"`);
    t.ok(await serves());
    t.equal((await lab.run('systemctl', 'start', apache.unit)).exitCode, 1);
    const pid = Number(await lab.sh('cat /run/by-hand.pid'));
    const found = await diagnose();
    t.match(found, {
      cause: 'started-outside-systemd',
      evidence: [{ rule: 'outsider', saw: `httpd ${pid} (/usr/sbin/apache2)` }],
    });
    t.ok(await apache.serves());
    await lab.sh((found.cures[0]?.run ?? []).join('\n'));
    t.ok(await serves());
    t.equal(await lab.sh(`systemctl is-active ${apache.unit}`), 'active');
  });

  await t.test('from a service of another name', async (t) => {
    await lab.sh(`systemctl stop ${apache.unit}`);
    await lab.sh(
      `systemd-run -q --unit=cron-job -p Type=forking -p PIDFile=/run/apache2/apache2.pid sh -c '${START_BY_HAND}'`,
    );
    t.ok(await serves());
    const found = await diagnose();
    t.match(found, { cause: 'started-outside-systemd', evidence: [{ saw: /cron-job\.service/ }] });
    t.notMatch(JSON.stringify(found.cures), /systemctl (re)?start|kill/);
    await lab.sh('systemctl stop cron-job');
  });

  await t.test('a pid that another instance has by now', async (t) => {
    const b = await apache.addInstance('b', 8080);
    await b.start();
    const pid = await b.masterPid();
    const stale = async (): Promise<void> => {
      await lab.sh(`mkdir -p /run/apache2; echo ${pid} >/run/apache2/apache2.pid`);
    };
    await stale();
    const found = await diagnose();
    t.match(found, {
      cause: 'stale-pid-file',
      evidence: [{ saw: new RegExp(`names process ${pid}, which is the httpd of apache2@b\\.service`) }],
    });
    t.match((await lab.run('httpd-guard', 'check', '--unit', apache.unit)).stdout, /\(stale-pid-file\)/);
    t.match((await lab.run('httpd-guard', 'recover', '--unit', apache.unit)).stdout, /stale-pid-file/);
    await lab.sh((found.cures[0]?.run ?? []).join('\n'));
    t.ok(await serves());
    t.equal(await b.masterPid(), pid, 'the other one is untouched');
    t.ok(await b.serves());
    await stale();
    t.match(await diagnose(), { cause: 'none' }, 'of a server that is running');
  });
});
