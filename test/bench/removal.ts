import { join } from 'node:path';
import { type Bench, type Table, median } from './measure.ts';
import { type Target, ms, ratio, table } from './report.ts';
import { HTTPD_UID, UNIT } from './surroundings.ts';

/** From the article that everybody finds; to the letter. */
const LOOP = "for i in $(ipcs -s | awk '/apache/ {print $2}'); do ipcrm -s $i; done";

interface Scene extends Table {
  /** How many times faster than the loop the guard has to be. */
  atLeast: number;
  repetitions: number;
  /** Fewer where one takes half a minute. */
  loopRepetitions: number;
}

const SCENES: Scene[] = [
  { leaked: 0, foreign: 0, atLeast: 1, repetitions: 31, loopRepetitions: 31 },
  { leaked: 0, foreign: 1_000, atLeast: 1, repetitions: 31, loopRepetitions: 31 },
  { leaked: 100, foreign: 0, atLeast: 1, repetitions: 15, loopRepetitions: 15 },
  { leaked: 1_000, foreign: 0, atLeast: 10, repetitions: 21, loopRepetitions: 5 },
  { leaked: 32_000, foreign: 0, atLeast: 100, repetitions: 11, loopRepetitions: 1 },
];

type Name = 'guard' | 'loop' | 'C';

/** Clears the same tables in three ways, and prints how long each took. */
export function benchRemoval(bench: Bench): Target[] {
  const commands: Record<Name, string[]> = {
    guard: [join(bench.folder, 'guard/dist/gate'), process.execPath, UNIT],
    loop: ['sh', '-c', LOOP],
    C: [join(bench.folder, 'remove-only'), String(HTTPD_UID)],
  };
  const results = SCENES.map((scene) => ({ scene, medians: play(bench, scene, commands) }));
  process.stdout.write(
    table(
      ['leaked', 'foreign', 'guard', 'loop', 'C', 'loop/guard', 'guard/C', 'repetitions'],
      results.map(({ scene, medians: { guard, loop, C } }) => [
        ...[scene.leaked, scene.foreign].map((count) => count.toLocaleString('en')),
        ...[guard, loop, C].map(ms),
        ...[loop / guard, guard / C].map(ratio),
        `${scene.repetitions}, loop ${scene.loopRepetitions}`,
      ]),
    ),
  );
  return results.map(({ scene: { leaked, foreign, atLeast }, medians: { guard, loop } }) => ({
    what: `clear ${leaked.toLocaleString('en')} leaked among ${foreign.toLocaleString('en')} foreign: loop/guard at least ${atLeast}`,
    saw: ratio(loop / guard),
    met: loop / guard >= atLeast,
  }));
}

/** The contestants take turns, so that a slow minute of the machine is everybody's. */
function play(bench: Bench, scene: Scene, commands: Record<Name, string[]>): Record<Name, number> {
  const times: Record<Name, number[]> = { guard: [], loop: [], C: [] };
  for (let i = 0; i < scene.repetitions; i++) {
    for (const name of ['guard', 'loop', 'C'] as const) {
      if (name === 'loop' && i >= scene.loopRepetitions) continue;
      bench.fill(scene);
      const run = bench.time(commands[name]);
      bench.expect(name, { leaked: 0, foreign: scene.foreign }, run);
      times[name].push(run.ms);
    }
  }
  return { guard: median(times.guard), loop: median(times.loop), C: median(times.C) };
}
