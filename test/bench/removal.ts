import { join } from 'node:path';
import { type Bench, type Table, median } from './measure.ts';
import { type Target, ms, ratio, table } from './report.ts';
import { HTTPD_UID, UNIT } from './surroundings.ts';

/** From the article that everybody finds; to the letter. */
const LOOP = "for i in $(ipcs -s | awk '/apache/ {print $2}'); do ipcrm -s $i; done";

/** How the guard's median compares: to the start of Node, to the loop, or to the C program. */
interface Limit {
  to: Exclude<Name, 'guard'>;
  atMost: number;
}

interface Scene extends Table {
  limit: Limit;
  repetitions: number;
  /** Fewer where one takes half a minute. */
  loopRepetitions: number;
}

const SCENES: Scene[] = [
  { leaked: 0, foreign: 0, limit: { to: 'loop', atMost: 1 }, repetitions: 31, loopRepetitions: 31 },
  { leaked: 0, foreign: 1_000, limit: { to: 'loop', atMost: 1 }, repetitions: 31, loopRepetitions: 31 },
  { leaked: 100, foreign: 0, limit: { to: 'node', atMost: 2.2 }, repetitions: 15, loopRepetitions: 15 },
  { leaked: 1_000, foreign: 0, limit: { to: 'node', atMost: 2.2 }, repetitions: 21, loopRepetitions: 5 },
  { leaked: 32_000, foreign: 0, limit: { to: 'C', atMost: 4.5 }, repetitions: 11, loopRepetitions: 1 },
];

const NAMES = ['guard', 'node', 'loop', 'C'] as const;
type Name = (typeof NAMES)[number];

/** What nothing written for Node can be without, what everybody runs, and the least that any program has to do. */
const MEANS: Record<Limit['to'], string> = {
  node: 'x node -e 0',
  loop: 'x the loop',
  C: 'x the C program',
};

/** Clears the same tables in three ways, beside a start of Node that does nothing, and prints how long each took. */
export function benchRemoval(bench: Bench): Target[] {
  const commands: Record<Name, string[]> = {
    guard: [join(bench.folder, 'guard/dist/gate'), process.execPath, UNIT],
    node: [process.execPath, '-e', '0'],
    loop: ['sh', '-c', LOOP],
    C: [join(bench.folder, 'remove-only'), String(HTTPD_UID)],
  };
  const results = SCENES.map((scene) => ({ scene, medians: play(bench, scene, commands) }));
  process.stdout.write(
    table(
      [
        'leaked',
        'foreign',
        'guard',
        'node -e 0',
        'loop',
        'C',
        'guard/node',
        'loop/guard',
        'guard/C',
        'repetitions',
      ],
      results.map(({ scene, medians: { guard, node, loop, C } }) => [
        ...[scene.leaked, scene.foreign].map((count) => count.toLocaleString('en')),
        ...[guard, node, loop, C].map(ms),
        ...[guard / node, loop / guard, guard / C].map(ratio),
        `${scene.repetitions}, loop ${scene.loopRepetitions}`,
      ]),
    ),
  );
  return results.map(({ scene: { leaked, foreign, limit }, medians }) => {
    const times = medians.guard / medians[limit.to];
    return {
      what: `clear ${leaked.toLocaleString('en')} leaked among ${foreign.toLocaleString('en')} foreign: at most ${limit.atMost} ${MEANS[limit.to]}`,
      saw: ratio(times),
      met: times <= limit.atMost,
    };
  });
}

/** The contestants take turns, so that a slow minute of the machine is everybody's. */
function play(bench: Bench, scene: Scene, commands: Record<Name, string[]>): Record<Name, number> {
  const times: Record<Name, number[]> = { guard: [], node: [], loop: [], C: [] };
  for (let i = 0; i < scene.repetitions; i++) {
    for (const name of NAMES) {
      if (name === 'loop' && i >= scene.loopRepetitions) continue;
      if (name !== 'node') bench.fill(scene);
      const run = bench.time(commands[name]);
      bench.expect(name, { leaked: 0, foreign: scene.foreign }, run);
      times[name].push(run.ms);
    }
  }
  const of = (name: Name): number => median(times[name]);
  return { guard: of('guard'), node: of('node'), loop: of('loop'), C: of('C') };
}
