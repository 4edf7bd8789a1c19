import { parseArgs } from 'node:util';
import { Random } from '../core/verdict/random.ts';
import type { Mpm } from './apache.ts';
import { hasMemoryController } from './out-of-memory.ts';
import {
  OUT_OF_MEMORY,
  SOAK_EVENTS,
  type SoakEvent,
  SoakServer,
  type Turn,
  pickEvent,
} from './soak-server.ts';

// npm run soak -- --cycles N --seed S --mpm NAME: N events at random, a third of them on each MPM, while a client asks all the time. The same
// events happen to a guarded server and to one without the guard, whose orphaned sets are removed by hand before each start.

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    mpm: { type: 'string', default: '' },
  },
});
const CYCLES = Number(values.cycles);
const MPMS: readonly Mpm[] = ['prefork', 'worker', 'event'];
const PROGRESS_EVERY = 25;

class Tally {
  readonly failed: string[] = [];
  private readonly events = new Map<string, number>();
  private readonly guarded: [SoakEvent, Turn][] = [];
  private readonly plain: [SoakEvent, Turn][] = [];

  add(cycle: number, event: SoakEvent, guarded: Turn, plain: Turn): void {
    this.guarded.push([event, guarded]);
    this.plain.push([event, plain]);
    this.events.set(event.name, (this.events.get(event.name) ?? 0) + 1);
    const fail = (what: string): void => {
      this.failed.push(`cycle ${cycle}, ${event.name}: ${what}`);
    };
    if (guarded.startFailed && !plain.startFailed) fail('only the guarded server failed to start');
    if (guarded.stayedDown) fail(`it does not serve:\n${guarded.story}`);
    if (guarded.lost !== '') fail(guarded.lost);
    if (event.isHarmless && !plain.startFailed && guarded.errors > plain.errors)
      fail(`${guarded.errors} requests failed, ${plain.errors} without the guard`);
  }

  get lines(): string[] {
    const row = (name: string, turns: readonly [SoakEvent, Turn][]): string => {
      const count = (is: (turn: Turn) => boolean): number => turns.filter(([, turn]) => is(turn)).length;
      const outages = turns.filter(([{ isHarmless }]) => !isHarmless).map(([, { downMs }]) => downMs);
      outages.sort((a, b) => a - b);
      const [median = 0, longest = 0] = [outages[outages.length >> 1], outages.at(-1)].map((ms) =>
        Math.round(ms ?? 0),
      );
      const errors = turns.reduce((sum, [, turn]) => sum + turn.errors, 0);
      return `${name}: ${count(({ startFailed }) => startFailed)} failed starts, ${count(({ stayedDown }) => stayedDown)} stayed down, ${errors} failed requests, outages of ${median} ms (median) and ${longest} ms (longest)`;
    };
    return [
      [...this.events].map(([name, times]) => `${times} ${name}`).join(', '),
      row('with the guard', this.guarded),
      row('without, cleared by hand', this.plain),
    ];
  }
}

async function soak(mpm: Mpm, cycles: number, random: Random): Promise<string[]> {
  const events = hasMemoryController ? [...SOAK_EVENTS, OUT_OF_MEMORY] : SOAK_EVENTS;
  const tally = new Tally();
  const servers = await Promise.all([SoakServer.boot(mpm, true), SoakServer.boot(mpm, false)]);
  const [guarded, plain] = servers;
  try {
    const before = await guarded.use();
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const event = pickEvent(random, events);
      const dice = random.from(0, 1_000);
      const turns = await Promise.all([guarded.turn(event, dice), plain.turn(event, dice)]);
      tally.add(cycle, event, ...turns);
      if (cycle % PROGRESS_EVERY === 0)
        console.log(`${mpm}: ${cycle} of ${cycles} cycles, ${tally.failed.length} failed`);
    }
    console.log(`${mpm}: ${cycles} cycles, ${tally.failed.length} failed`);
    for (const text of tally.lines) console.log(`  ${text}`);
    console.log(`  watcher before: ${before}\n  watcher after: ${await guarded.use()}`);
  } finally {
    await Promise.all(servers.map((server) => server.end()));
  }
  return tally.failed;
}

if (!hasMemoryController)
  console.log(
    'This machine has no memory controller (version 1): 1 kind of event, the OOM killer, is left out',
  );
let failed = 0;
for (const [i, mpm] of MPMS.entries()) {
  if (values.mpm !== '' && values.mpm !== mpm) continue;
  const cycles = Math.floor((CYCLES + i) / MPMS.length);
  const failures = await soak(mpm, cycles, new Random(Number(values.seed) + i));
  failed += failures.length;
  for (const failure of failures) console.log(`  ${failure}`);
}
console.log(`${CYCLES} cycles, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
