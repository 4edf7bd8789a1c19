import { join } from 'node:path';
import { type Bench, median } from './measure.ts';
import { type Target, ms, ratio, table } from './report.ts';

const REPETITIONS = 31;
const FEW_SETS = { leaked: 3, foreign: 20 };

interface Command {
  args: readonly string[];
  /** Times a start of Node that does nothing. */
  atMost: number;
}

const COMMANDS: Command[] = [
  { args: ['--version'], atMost: 1.6 },
  { args: ['check'], atMost: 3 },
];

/**
 * Times commands by hand on a server with few sets, against a start of Node. Without D-Bus here: what systemd and httpd take
 * to answer is measured under a real systemd (asking.ts).
 */
export function benchStarting(bench: Bench): Target[] {
  bench.fill(FEW_SETS);
  const node: number[] = [];
  const times = COMMANDS.map((): number[] => []);
  const program = join(bench.folder, 'guard/dist/httpd-guard.cjs');
  for (let i = 0; i < REPETITIONS; i++) {
    node.push(bench.time([process.execPath, '-e', '0']).ms);
    for (const [j, { args }] of COMMANDS.entries())
      times[j]?.push(bench.time([process.execPath, program, ...args]).ms);
  }
  bench.expect('a command that only looks', FEW_SETS);
  const results = COMMANDS.map(({ args, atMost }, i) => ({
    name: args[0] ?? '',
    atMost,
    ms: median(times[i] ?? []),
    starts: median(times[i] ?? []) / median(node),
  }));
  process.stdout.write(
    table(
      ['a command, 23 sets', 'time', 'x node -e 0', 'repetitions'],
      [
        ['(node -e 0)', ms(median(node)), '1', String(REPETITIONS)],
        ...results.map((one) => [one.name, ms(one.ms), ratio(one.starts), String(REPETITIONS)]),
      ],
    ),
  );
  return results.map(({ name, atMost, starts }) => ({
    what: `${name} with few sets: at most ${atMost} x node -e 0`,
    saw: ratio(starts),
    met: starts <= atMost,
  }));
}
