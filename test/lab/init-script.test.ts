import t from 'tap';
import { Apache, setIds } from './apache.ts';
import { Lab, until } from './lab.ts';

/** As own builds and panels bring it; systemd generates a unit from it (systemd-sysv-generator(8)). */
const INIT_SCRIPT = `#!/bin/sh
### BEGIN INIT INFO
# Provides: httpd
# Required-Start: $network
# Required-Stop: $network
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: httpd
### END INIT INFO
. /etc/apache2/envvars
echo "$*" >>/run/init-script
case $1 in
start) mkdir -p /run/apache2; /usr/sbin/apache2 -k start ;;
stop) pid=$(cat /run/apache2/apache2.pid); kill $pid && timeout 20 tail -s 0.1 --pid=$pid -f /dev/null ;;
*) exit 2 ;;
esac
`;

void t.test('a unit that is generated from an init script named httpd', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  await Apache.setUp(lab, 'prefork');
  await lab.installGuard();
  await lab.sh(
    'systemctl disable -q apache2; rm -r /lib/systemd/system/apache2.service /etc/init.d/apache2 /etc/systemd/system/apache2.service.d',
  );
  lab.write('etc/init.d/httpd', INIT_SCRIPT, 0o755);
  const apache = new Apache(lab, 'httpd.service');
  await lab.sh('systemctl daemon-reload');
  const asked = (): Promise<string> => lab.sh('sort -u /run/init-script');
  const json = async (...words: string[]) =>
    JSON.parse((await lab.run('httpd-guard', ...words, '--json')).stdout) as Record<string, unknown>;
  const unit = (property: string): Promise<string> => lab.sh(`systemctl show -P ${property} httpd`);
  const kill = async (): Promise<void> => {
    await lab.sh('pkill -9 -x apache2');
    await until('systemd to notice', async () => ((await unit('SubState')) === 'exited' ? true : null));
  };

  await t.test('killed before anybody asked its httpd: down, whatever systemd says', async (t) => {
    await apache.start();
    await kill();
    t.equal(await unit('ActiveState'), 'active');
    t.match(await json('diagnose'), {
      cause: 'killed',
      cures: [{ run: ['systemctl restart httpd.service'] }],
    });
    t.match(await json('check'), { status: 'warning', summary: { orphan: 0, unsure: 4 } });
    t.match(await json('recover'), { outcome: 'recovered', cause: 'killed' });
    t.ok(await apache.serves());
    t.equal(await asked(), 'start\nstop', 'the script never gets arguments of httpd');
  });

  await t.test('the running httpd itself is asked', async (t) => {
    await lab.sh(
      'systemctl stop httpd; ipcrm --all=sem; systemctl start httpd; httpd-guard clean --quiet || true',
    );
    t.match(await json('check'), { httpd: { user: 'www-data', mutexMechanism: 'sysvsem' } });
    const { length } = await setIds(lab);
    await kill();
    t.match(await json('check'), { status: 'warning', summary: { orphan: length, unsure: 0 } });
    t.match(await json('recover'), { outcome: 'recovered', cause: 'killed' });
    t.ok(await apache.serves());
    t.equal((await setIds(lab)).length, length, 'its orphaned sets were removed');
  });

  await t.test('its master alone killed: workers serve on, and nothing is done by itself', async (t) => {
    await lab.sh('kill -9 $(cat /run/apache2/apache2.pid)');
    t.equal(await unit('SubState'), 'running');
    const { cause, evidence, cures } = (await json('diagnose')) as {
      cause: string;
      evidence: unknown[];
      cures: { run: string[] }[];
    };
    t.equal(cause, 'killed');
    t.match(evidence, [{ saw: /only workers without a master are running/ }]);
    t.match(await json('check'), { status: 'warning', reasons: [/is down \(killed\)/] });
    t.match(await json('recover'), { outcome: 'left-alone', cause: 'killed' });
    t.ok(await apache.serves());
    await lab.sh((cures[0]?.run ?? []).join('\n'));
    t.ok(await apache.serves());
    t.match(await json('diagnose'), { cause: 'none' });
  });

  await t.test('a start that fails is no error of the configuration', async (t) => {
    await lab.sh('systemctl stop httpd; ipcrm --all=sem; rm -rf /var/lib/httpd-guard');
    lab.write('etc/apache2/conf-enabled/zz.conf', 'Listen 203.0.113.9:80\n');
    await lab.run('systemctl', 'start', 'httpd');
    t.equal(await unit('ActiveState'), 'failed');
    const { cause } = await json('diagnose');
    t.ok(cause === 'other' || cause === 'unknown', String(cause));
    t.equal(await asked(), 'start\nstop');
  });
});
