import t from 'tap';
import { Apache } from './apache.ts';
import { Lab } from './lab.ts';

interface Diagnosed {
  cause: string;
  evidence: { rule: string; saw: string; source: string }[];
}

void t.test('the line that says why httpd ended is found, wherever it is', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  const apache = await Apache.setUp(lab);
  await apache.dropIn('restart.conf', 'Restart=no');
  await lab.installGuard();
  const CONF = 'etc/apache2/conf-enabled/zz.conf';

  /** What diagnose quotes, by cause and source. */
  const quoted = async (): Promise<{ cause: string; lines: string[]; sources: string[] }> => {
    const { stdout } = await lab.run('httpd-guard', 'diagnose', '--json');
    const { cause, evidence } = JSON.parse(stdout) as Diagnosed;
    const lines = evidence.filter(({ rule }) => rule === 'line');
    return { cause, lines: lines.map(({ saw }) => saw), sources: lines.map(({ source }) => source) };
  };
  const calm = async (): Promise<void> => {
    lab.write(CONF, '');
    await lab.sh(
      'systemctl stop apache2; systemctl reset-failed; ipcrm --all=sem; rm -f /var/log/apache2/*.log',
    );
  };
  await calm();

  await t.test('a line without a level: an address that is not of this machine', async (t) => {
    lab.write(CONF, 'Listen 203.0.113.9:8081\n');
    t.notOk(await apache.tryStart());
    t.match((await quoted()).lines, [/^\(99\).*could not bind to address 203\.0\.113\.9:8081/]);
    await calm();
  });

  await t.test('what apachectl prints', async (t) => {
    await lab.sh('rm -rf /run/apache2/socks; touch /run/apache2/socks');
    t.notOk(await apache.tryStart());
    const { evidence } = JSON.parse((await lab.run('httpd-guard', 'diagnose', '--json')).stdout) as Diagnosed;
    t.match(evidence.map(({ saw }) => saw).join('\n'), '/run/apache2/socks');
    await lab.sh('rm -f /run/apache2/socks');
    await calm();
  });

  const HOST = `<VirtualHost *:8443>
  ErrorLog \${APACHE_LOG_DIR}/shop.log
  SSLEngine on
  SSLCertificateFile /etc/hostname
  SSLCertificateKeyFile /etc/hostname
</VirtualHost>
Listen 8443
`;
  /** `hours`: how far httpd's local time is ahead of that of the machine. */
  const failsInHost = async (why: string, hours = 0): Promise<void> => {
    lab.write(CONF, HOST);
    t.notOk(await apache.tryStart(), why);
    const { lines, sources } = await quoted();
    t.match(lines, [/\[ssl:emerg\].*AH02562/], why);
    t.strictSame(sources, ['/var/log/apache2/shop.log'], why);
    const hour = Number(/ (\d\d):\d\d:\d\d\./.exec(lines[0] ?? '')?.[1]);
    const here = Number(await lab.sh(`TZ=UTC date -d '${hours} hours' +%H`));
    t.ok([0, 1, 23].includes((here - hour + 24) % 24), `${why}: ${lines.join()}`);
    await calm();
  };

  await t.test('in the log of a virtual host, in whatever time zone', async () => {
    await failsInHost('the zone of the machine');
    await apache.dropIn('zone.conf', 'Environment=TZ=America/Los_Angeles');
    await failsInHost('a zone of the unit', -8);
    await apache.dropIn('zone.conf', 'Environment=TZ=XYZ-5:45');
    await failsInHost('a zone without a name', 6);
    await lab.sh('rm /etc/systemd/system/apache2.service.d/zone.conf; systemctl daemon-reload');
    await lab.sh('echo "export TZ=JST-9" >>/etc/apache2/envvars');
    await failsInHost('a zone that the unit does not show', 9);
    await lab.sh('sed -i "/TZ=/d" /etc/apache2/envvars');
  });

  await t.test('behind a client in an ErrorLogFormat', async (t) => {
    lab.write(CONF, `ErrorLogFormat "[client %a] [%t] [%l] [pid %P] %E: %M"\n${HOST}`);
    t.notOk(await apache.tryStart());
    t.match((await quoted()).lines, [/\[emerg\].*AH02562/]);
    await calm();
  });

  await t.test('no line of an hour ago explains a kill', async (t) => {
    await apache.start();
    const line =
      '[core:crit] [pid 1] (98)Address already in use: AH00072: make_sock: could not bind to address [::]:80';
    await lab.sh(
      `LC_ALL=C date -d '-30 seconds' '+[%a %b %d %H:%M:%S.000000 %Y] ${line}' >>/var/log/apache2/error.log; echo '${line}' >>/var/log/apache2/error.log`,
    );
    await lab.sh('systemctl kill -s KILL apache2; systemctl stop apache2 || true');
    const { cause, lines } = await quoted();
    t.not(cause, 'port-held-by-other');
    t.notMatch(lines.join('\n'), 'AH00072');
    await calm();
  });
});
