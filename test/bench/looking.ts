import { join } from 'node:path';
import { type Bench, type Run, median } from './measure.ts';
import { type Target, mib, ms, ratio, table } from './report.ts';

const COUNTS = [1_000, 8_000, 32_000] as const;
const REPETITIONS = 7;
/** On the full table. */
const MOST_NODE_STARTS = 15;
const MOST_MIB = 150;
/** What a set costs may differ that much between small tables and large ones before it counts as growth. */
const NOISE = 1.5;

const FORMATS = ['json', 'text'] as const;
type Format = (typeof FORMATS)[number];

interface Measured {
  format: Format;
  count: number;
  ms: number;
  peakMiB: number;
}

/** Times `check` on leaked sets, against the start of Node that nothing written for Node can be without. */
export function benchLooking(bench: Bench): Target[] {
  const starts: number[] = [];
  const measured = COUNTS.flatMap((count) => measure(bench, count, starts));
  const start = median(starts);
  process.stdout.write(
    table(
      ['check', 'leaked', 'time', 'x node -e 0', 'peak', 'repetitions'],
      [
        ['(node -e 0)', '', ms(start), '1', '', String(starts.length)],
        ...measured.map((one) => [
          one.format === 'json' ? 'check --json' : 'check',
          one.count.toLocaleString('en'),
          ms(one.ms),
          ratio(one.ms / start),
          mib(one.peakMiB),
          String(REPETITIONS),
        ]),
      ],
    ),
  );
  return FORMATS.flatMap((format) =>
    targets(
      format,
      measured.filter((one) => one.format === format),
      start,
    ),
  );
}

function measure(bench: Bench, count: number, starts: number[]): Measured[] {
  bench.fill({ leaked: count, foreign: 0 });
  const runs: Record<Format, Run[]> = { json: [], text: [] };
  for (let i = 0; i < REPETITIONS; i++) {
    starts.push(bench.time([process.execPath, '-e', '0']).ms);
    for (const format of FORMATS) runs[format].push(look(bench, format, count));
  }
  bench.expect('check', { leaked: count, foreign: 0 });
  return FORMATS.map((format) => ({
    format,
    count,
    ms: median(runs[format].map((run) => run.ms)),
    peakMiB: Math.max(...runs[format].map((run) => run.peakMiB)),
  }));
}

/** An answer that does not call every set an orphan is a wrong one, however fast it came. */
function look(bench: Bench, format: Format, count: number): Run {
  const run = bench.time([
    process.execPath,
    join(bench.folder, 'guard/dist/httpd-guard.cjs'),
    'check',
    '--format',
    format,
  ]);
  const sentence = new RegExp(`\\borphan\\W+${count}\\b`);
  if (!sentence.test(run.stdout))
    throw new Error(
      `check --format ${format} does not find ${count} orphans: ${run.stdout.slice(0, 1_000)}${run.stderr}`,
    );
  return run;
}

function targets(format: Format, [small, middle, full]: readonly Measured[], start: number): Target[] {
  if (small === undefined || middle === undefined || full === undefined) return [];
  const each = (from: Measured, to: Measured): number => (to.ms - from.ms) / (to.count - from.count);
  const growth = each(middle, full) / each(small, middle);
  const name = `check --format ${format}`;
  const sets = full.count.toLocaleString('en');
  return [
    {
      what: `${name}, ${sets} sets: less than ${MOST_NODE_STARTS} starts of Node`,
      saw: ratio(full.ms / start),
      met: full.ms / start < MOST_NODE_STARTS,
    },
    {
      what: `${name}, ${sets} sets: less than ${MOST_MIB} MiB at the peak`,
      saw: mib(full.peakMiB),
      met: full.peakMiB < MOST_MIB,
    },
    {
      what: `${name}: a set above 8,000 costs at most ${NOISE} times one below`,
      saw: ratio(growth),
      met: growth <= NOISE,
    },
  ];
}
