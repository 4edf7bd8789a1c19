import { Apache, WWW_DATA, makeSets, setIds } from '../lab/apache.ts';
import { type Lab, until } from '../lab/lab.ts';
import { median } from './measure.ts';
import { type Target, ms, table } from './report.ts';

const MOST_SETS = 12;
/** Each has a mutex, so with these a full table has no room for the next generation. */
const MORE_MODULES = 'cache_socache auth_digest authn_socache';
const ERROR_LOG = '/var/log/apache2/error.log';
const REPETITIONS = 5;
/** One and a half cycles of monit. */
const NEVER_SECONDS = 45;
/** What the guard may add to the start itself. */
const MOST_MS = 400;

interface Contestant {
  name: string;
  repetitions: number;
  begin: (lab: Lab) => Promise<unknown>;
  end: (lab: Lab) => Promise<unknown>;
}

const CONTESTANTS: Contestant[] = [
  {
    name: 'Restart=on-failure',
    repetitions: 1,
    begin: (lab) => new Apache(lab).dropIn('20-bench.conf', 'Restart=on-failure'),
    end: (lab) => lab.sh('rm /etc/systemd/system/apache2.service.d/20-bench.conf; systemctl daemon-reload'),
  },
  monit('monit', 'exec systemctl start apache2'),
  // The loop of removal.ts, with the name that httpd's user has here.
  monit(
    'monit with the loop',
    "for i in $(ipcs -s | awk '/www-data/ {print $2}'); do ipcrm -s $i; done; exec systemctl start apache2",
  ),
  {
    name: 'httpd-guard',
    repetitions: REPETITIONS,
    begin: async (lab) => {
      await lab.installGuard();
      await lab.sh('httpd-guard install');
    },
    end: (lab) => lab.sh('httpd-guard uninstall'),
  },
];

/** Lets a reload fail because no semaphore set can be created, and times how long it takes until httpd answers again. */
export async function benchRecovery(lab: Lab): Promise<Target[]> {
  const apache = await Apache.setUp(lab);
  await lab.sh('systemctl -q enable apache2 2>&1');
  await lab.limitSets(MOST_SETS);
  lab.write('usr/local/bin/first-200', FIRST_200, 0o755);
  const start = await timeStarts(lab);
  const rows: { name: string; took: (number | null)[] }[] = [];
  for (const { name, repetitions, begin, end } of CONTESTANTS) {
    const took: (number | null)[] = [];
    for (let i = 0; i < repetitions; i++) {
      await clear(lab);
      await apache.start();
      if (i === 0) await begin(lab);
      took.push(await timeRecovery(lab));
      await until('the guard to be done', () => recoversNot(lab));
    }
    await end(lab);
    rows.push({ name, took });
  }
  process.stdout.write(
    table(
      ['from the (28) line to the first 200', 'median', 'worst', 'repetitions'],
      [
        ['(systemctl start, table empty)', ms(median(start)), ms(Math.max(...start)), String(start.length)],
        ...rows.map(({ name, took }) => [
          name,
          time(median(took.map(orInfinity))),
          time(Math.max(...took.map(orInfinity))),
          String(took.length),
        ]),
      ],
    ),
  );
  const guards = rows.at(-1)?.took.map(orInfinity) ?? [];
  const added = median(guards) - median(start);
  return [
    {
      what: `recovery: httpd-guard adds at most ${ms(MOST_MS)} to what a start takes`,
      saw: time(added),
      met: added <= MOST_MS,
    },
  ];
}

/** Looks every 30 s, as most have it, and runs a script when Apache is dead. */
function monit(name: string, script: string): Contestant {
  return {
    name,
    repetitions: 1,
    begin: async (lab) => {
      lab.write('usr/local/bin/for-monit', `#!/bin/sh\n${script}\n`, 0o755);
      lab.write('etc/monit/monitrc', MONITRC, 0o600);
      await lab.sh('systemctl start monit; sleep 3');
    },
    end: (lab) => lab.sh('systemctl stop monit'),
  };
}

/** The server's own part, without the guard. */
async function timeStarts(lab: Lab): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    await clear(lab);
    await lab.sh(`a2enmod -q ${MORE_MODULES} >/dev/null`);
    const [began = '', first = ''] = (await lab.sh('first-200 10 systemctl start apache2')).split(' ');
    times.push((Number(first) - Number(began)) * 1000);
  }
  return times;
}

/** Nobody remembers anything: no set, no recovery, no start of before. */
async function clear(lab: Lab): Promise<void> {
  await lab.sh(
    `systemctl stop apache2; systemctl reset-failed; ipcrm --all=sem; rm -f /var/lib/httpd-guard/*.recoveries; a2dismod -q -f ${MORE_MODULES} >/dev/null; : >${ERROR_LOG}`,
  );
}

/** Null when it did not come back. */
async function timeRecovery(lab: Lab): Promise<number | null> {
  await makeSets(lab, MOST_SETS - (await setIds(lab)).length, { uid: WWW_DATA });
  await lab.sh(`a2enmod -q ${MORE_MODULES} >/dev/null`);
  const [, first = ''] = (await lab.sh(`first-200 ${NEVER_SECONDS} systemctl reload apache2`)).split(' ');
  const failed = await lab.sh(
    `date -d "$(grep -m 1 -F '(28)' ${ERROR_LOG} | sed 's/^\\[\\([^]]*\\)\\].*/\\1/')" +%s.%N`,
  );
  return first === 'never' ? null : (Number(first) - Number(failed)) * 1000;
}

async function recoversNot(lab: Lab): Promise<true | null> {
  const { stdout } = await lab.run('systemctl', 'is-active', 'httpd-guard-recover.service');
  return /^(inactive|failed)/.test(stdout) ? true : null;
}

function orInfinity(value: number | null): number {
  return value ?? Infinity;
}

function time(value: number): string {
  return value === Infinity ? `not in ${NEVER_SECONDS} s` : ms(value);
}

const MONITRC = `set daemon 30
check process apache2 with pidfile /run/apache2/apache2.pid
  start program = "/usr/local/bin/for-monit"
`;

/**
 * Runs a command, and prints when that was and when httpd answered 200 for the first time after it was down: what lives of
 * the run before may still answer for a moment.
 */
const FIRST_200 = `#!/usr/bin/perl
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time sleep ualarm);

my $seconds = shift;
my $began = time;
if (!fork) {
  open STDOUT, ">", "/dev/null";
  open STDERR, ">", "/dev/null";
  exec @ARGV;
}
my ($down, $first) = (0, "never");
while (time < $began + $seconds) {
  my $serves = eval {
    local $SIG{ALRM} = sub { die };
    ualarm 250_000;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:80") or die;
    print $socket "GET / HTTP/1.0\\r\\n\\r\\n";
    <$socket> =~ m{^HTTP/1\\.\\d 200 };
  };
  ualarm 0;
  $down ||= !$serves;
  if ($down && $serves) {
    $first = sprintf "%.6f", time;
    last;
  }
  sleep 0.01;
}
printf "%.6f %s", $began, $first;
`;
