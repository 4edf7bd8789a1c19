import t from 'tap';
import { Apache } from './apache.ts';
import { Guard, fillTable } from './guard.ts';
import { Lab, until } from './lab.ts';

/** Answers as httpd 2.4 with mod_systemd: RELOADING=1 at a reload, in which it fails to create a mutex and exits. */
const PROGRAM = `#!/usr/bin/perl
use Socket;
my $line = "@ARGV";
if ($line =~ /-V/) { print " -D APR_USE_SYSVSEM_SERIALIZE\\n"; exit }
if ($line =~ /DUMP_RUN_CFG/) {
  print qq{User: name="www-data" id=33\\nMain ErrorLog: "/var/log/httpd.log"\\nPidFile: "/run/httpd.pid"\\nMutex default: dir="/run/" mechanism=default\\nMutex mpm-accept: using_defaults\\n};
  exit;
}
if ($line =~ /-t/) { exit }
sub notify { socket(my $s, PF_UNIX, SOCK_DGRAM, 0); send($s, $_[0], 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) }
sub lock { semget(0, 1, 0600 | 01000) }
sub give { my $ds = ""; semctl($_[0], 0, 2, $ds); substr($ds, 4, 8) = pack("LL", 33, 33); semctl($_[0], 0, 1, $ds) }
my $id = lock(); defined $id or exit 1; semctl($id, 0, 16, 1); give($id);
$SIG{TERM} = sub { semctl($id, 0, 0, 0); exit 0 };
$SIG{USR1} = sub {
  notify("RELOADING=1");
  semctl($id, 0, 0, 0);
  system("make-sets", 1, 33, 0, 1);
  exit 1 unless defined lock();
};
notify("READY=1");
sleep 1 while 1;
`;

const UNIT = `[Unit]
Description=Behaves as httpd with mod_systemd
[Service]
Type=notify
ExecStart=/usr/local/sbin/httpd -DFOREGROUND
ExecReload=/bin/kill -USR1 $MAINPID
TimeoutStartSec=90
[Install]
WantedBy=multi-user.target
`;

/** Before systemd 249 a unit whose main process dies after RELOADING=1 stays "reloading" until TimeoutStartSec=. */
void t.test('an httpd that fails in a reload is recovered, whatever state systemd keeps', async (t) => {
  const lab = await Lab.boot();
  t.teardown(() => {
    lab.end();
  });
  lab.write('usr/local/sbin/httpd', PROGRAM, 0o755);
  lab.write('etc/systemd/system/httpd.service', UNIT);
  await lab.sh('systemctl daemon-reload');
  const httpd = new Apache(lab, 'httpd.service');
  await Guard.install(lab, httpd);
  const show = (property: string): Promise<string> => lab.sh(`systemctl show -P ${property} httpd.service`);
  await httpd.dropIn('zz.conf', 'ExecStopPost=');
  await lab.sh('systemctl start httpd');
  const before = await show('InvocationID');
  await fillTable(lab);
  const beganMs = performance.now();
  await lab.run('systemctl', 'reload', '--no-block', 'httpd');
  await until('it to be back', async () =>
    (await show('ActiveState')) === 'active' && (await show('InvocationID')) !== before ? true : null,
  );
  const tookMs = performance.now() - beganMs;
  t.ok(tookMs < 30_000, `back after ${Math.round(tookMs)} ms, long before TimeoutStartSec=`);
  t.ok(Number(await show('MainPID')) > 0);

  await t.test('by hand', async (t) => {
    await lab.sh('systemctl stop httpd-guard-watch httpd-guard-recover.path; systemctl restart httpd');
    await fillTable(lab);
    await lab.run('systemctl', 'reload', '--no-block', 'httpd');
    await until('its end', async () => ((await show('MainPID')) === '0' ? true : null));
    const run = async (...words: string[]): Promise<Record<string, unknown>> =>
      JSON.parse(
        (await lab.run('httpd-guard', ...words, '--json', '--unit', 'httpd.service')).stdout,
      ) as Record<string, unknown>;
    t.match(await run('diagnose'), { cause: 'semaphore-leak' });
    t.match(await run('check'), { status: 'critical', reasons: [/is down and cannot start/] });
    t.match(await run('recover'), { outcome: 'recovered', cause: 'semaphore-leak' });
    t.equal(await show('ActiveState'), 'active');
  });
});
