import type { Lab } from './lab.ts';

/**
 * Behaves as httpd 2.2 does, which no Debian has any more: its start says OK, makes one set after it has detached, and
 * where it gets none it writes its line and ends with 0. Tells its configuration as 2.4 does, so that it can be asked.
 */
const PROGRAM = `#!/usr/bin/perl
my $line = "@ARGV";
if ($line =~ /-V/) { print " -D APR_USE_SYSVSEM_SERIALIZE\\n"; exit }
if ($line =~ /DUMP_RUN_CFG/) {
  print qq{User: name="www-data" id=33\\nMain ErrorLog: "/var/log/httpd.log"\\nPidFile: "/run/httpd.pid"\\nMutex default: dir="/run/" mechanism=default\\nMutex mpm-accept: using_defaults\\n};
  exit;
}
if ($line =~ /-t/) { exit }
exit if fork;
open my $pid, ">", "/run/httpd.pid"; print $pid "$$\\n"; close $pid;
select undef, undef, undef, 0.3;
my $id = semget(0, 1, 0600 | 01000);
if (!defined $id) {
  open my $log, ">>", "/var/log/httpd.log";
  print $log "[" . localtime() . "] [emerg] (28)No space left on device: Couldn't create accept lock (/run/accept.lock.$$) (5)\\n";
  exit 0;
}
semctl($id, 0, 16, 1);
my $ds = ""; semctl($id, 0, 2, $ds); substr($ds, 4, 8) = pack("LL", 33, 33); semctl($id, 0, 1, $ds);
$SIG{TERM} = sub { semctl($id, 0, 0, 0); unlink "/run/httpd.pid"; exit 0 };
sleep 1 while 1;
`;

const UNIT = `[Unit]
Description=Behaves as httpd 2.2
[Service]
Type=forking
PIDFile=/run/httpd.pid
ExecStart=/usr/local/sbin/httpd -k start
[Install]
WantedBy=multi-user.target
`;

export const STAND_IN_UNIT = 'httpd.service';

export async function installStandIn(lab: Lab): Promise<void> {
  lab.write('usr/local/sbin/httpd', PROGRAM, 0o755);
  lab.write(`etc/systemd/system/${STAND_IN_UNIT}`, UNIT);
  await lab.sh('systemctl daemon-reload');
}
