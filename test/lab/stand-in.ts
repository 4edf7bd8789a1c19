import type { Lab } from './lab.ts';

/** How it differs from httpd 2.2 with one mutex that reports its configuration as 2.4 does. */
export interface StandIn {
  /** As 2.2 answers any -t: "Syntax OK" and nothing else. */
  isMute?: boolean;
  /** How many sets a start makes: SSLMutex, RewriteLock and the accept lock are three. */
  sets?: number;
  /** How long it runs before it makes them. */
  pauseMs?: number;
}

/**
 * Behaves as httpd 2.2 does, which no Debian has any more: its start prints OK, makes its sets after it has detached, and where
 * it gets none it writes its line, removes those that it made and ends with 0. It has one worker.
 */
const program = ({ isMute = false, sets = 1, pauseMs = 300 }: StandIn): string => `#!/usr/bin/perl
my $line = "@ARGV";
if ($line =~ /-V/) { print "Server version: Apache/2.2.34 (Unix)\\n -D APR_USE_SYSVSEM_SERIALIZE\\n -D HTTPD_ROOT=\\"/etc/httpd\\"\\n -D SERVER_CONFIG_FILE=\\"conf/httpd.conf\\"\\n"; exit }
if (!${Number(isMute)} && $line =~ /DUMP_RUN_CFG/) {
  print qq{User: name="www-data" id=33\\nMain ErrorLog: "/var/log/httpd.log"\\nPidFile: "/run/httpd.pid"\\nMutex default: dir="/run/" mechanism=default\\nMutex mpm-accept: using_defaults\\n};
  exit;
}
if ($line =~ /-t/) { print STDERR "Syntax OK\\n"; exit }
exit if fork;
open my $pid, ">", "/run/httpd.pid"; print $pid "$$\\n"; close $pid;
select undef, undef, undef, ${pauseMs / 1000};
my @ids;
for (1 .. ${sets}) {
  my $id = semget(0, 1, 0600 | 01000);
  if (!defined $id) {
    open my $log, ">>", "/var/log/httpd.log";
    print $log "[" . localtime() . "] [emerg] (28)No space left on device: Couldn't create accept lock (/run/accept.lock.$$) (5)\\n";
    semctl($_, 0, 0, 0) for @ids;
    exit 0;
  }
  push @ids, $id;
  semctl($id, 0, 16, 1);
  my $ds = ""; semctl($id, 0, 2, $ds); substr($ds, 4, 8) = pack("LL", 33, 33); semctl($id, 0, 1, $ds);
}
$SIG{TERM} = sub { kill 9, $worker; semctl($_, 0, 0, 0) for @ids; unlink "/run/httpd.pid"; exit 0 };
our $worker = fork;
if (!$worker) { $SIG{TERM} = "DEFAULT"; $( = 33; $) = "33 33"; ($<, $>) = (33, 33); sleep 1 while getppid != 1; exit }
sleep 1 while 1;
`;

const UNIT_FILE = `[Unit]
Description=Behaves as httpd 2.2
[Service]
Type=forking
PIDFile=/run/httpd.pid
ExecStart=/usr/local/sbin/httpd -k start
[Install]
WantedBy=multi-user.target
`;

export const STAND_IN_UNIT = 'httpd.service';

export async function installStandIn(lab: Lab, how: StandIn = {}): Promise<void> {
  lab.write('etc/httpd/conf/httpd.conf', 'User www-data\n');
  lab.write('usr/local/sbin/httpd', program(how), 0o755);
  lab.write(`etc/systemd/system/${STAND_IN_UNIT}`, UNIT_FILE);
  await lab.sh('systemctl daemon-reload');
}
