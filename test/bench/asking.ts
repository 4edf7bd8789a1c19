import { Apache } from '../lab/apache.ts';
import type { Lab } from '../lab/lab.ts';
import { median } from './measure.ts';
import { type Target, ms, ratio, table } from './report.ts';

const REPETITIONS = 15;
const MOST_NODE_STARTS = 6;

/** In the lab, so that going into it is in none of the times: milliseconds that a command takes, one a line. */
const TIME_EACH = `#!/usr/bin/perl
use strict;
use warnings;
use Time::HiRes qw(time);

my $repetitions = shift;
for (1 .. $repetitions) {
  my $began = time;
  my $pid = fork // die;
  if (!$pid) {
    open STDOUT, ">", "/dev/null";
    open STDERR, ">", "/dev/null";
    exec @ARGV;
  }
  waitpid $pid, 0;
  printf "%.3f\\n", (time - $began) * 1000;
}
`;

/** What a look takes where systemd and httpd are asked as well, beside what httpd itself takes to test its configuration. */
export async function benchAsking(lab: Lab): Promise<Target[]> {
  const apache = await Apache.setUp(lab);
  await apache.start();
  await lab.installGuard();
  lab.write('usr/local/bin/time-each', TIME_EACH, 0o755);
  const commands = {
    node: ['node', '-e', '0'],
    httpd: ['apache2ctl', '-t'],
    check: ['httpd-guard', 'check'],
    diagnose: ['httpd-guard', 'diagnose'],
  };
  const times: Record<string, number[]> = {};
  // In turns, so that a slow moment of the machine is everybody's.
  for (let i = 0; i < REPETITIONS; i++)
    for (const [name, command] of Object.entries(commands))
      (times[name] ??= []).push(Number(await lab.sh(`time-each 1 ${command.join(' ')}`)));
  const of = (name: keyof typeof commands): number => median(times[name] ?? []);
  const node = of('node');
  process.stdout.write(
    table(
      ['a running server', 'median', 'x node -e 0', "x node -e 0, less httpd's own -t"],
      (Object.keys(commands) as (keyof typeof commands)[]).map((name) => [
        commands[name].join(' '),
        ms(of(name)),
        ratio(of(name) / node),
        name === 'check' || name === 'diagnose' ? ratio((of(name) - of('httpd')) / node) : '',
      ]),
    ),
  );
  const starts = (of('diagnose') - of('httpd')) / node;
  return [
    {
      what: `diagnose: at most ${MOST_NODE_STARTS} x node -e 0, and httpd's own -t`,
      saw: ratio(starts),
      met: starts <= MOST_NODE_STARTS,
    },
  ];
}
