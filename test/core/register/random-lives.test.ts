import fc from 'fast-check';
import t from 'tap';
import { EVENTS, type Event, World } from './world.ts';

const LIVES = 20_000;
const seed = Number(process.env['HTTPD_GUARD_SEED'] ?? Date.now() % 2 ** 31);

const lives = fc.array(fc.record({ kind: fc.constantFrom(...EVENTS), a: fc.nat(40), b: fc.nat(40) }), {
  minLength: 4,
  maxLength: 40,
  size: 'max',
});

function play(events: readonly Event[]): World {
  const world = new World();
  for (const event of events) world.play(event);
  return world;
}

void t.test(`in ${LIVES} random lives no set that a living process knows is removed`, async (t) => {
  t.comment(`seed ${seed}; to repeat: HTTPD_GUARD_SEED=${seed}`);
  let removed = 0;
  let byRegister = 0;
  const property = fc.property(lives, (events) => {
    const world = play(events);
    removed += world.removed;
    byRegister += world.byRegister;
    return world.wrong.length === 0;
  });
  const { failed, counterexample, counterexamplePath } = fc.check(property, { numRuns: LIVES, seed });
  const [events] = counterexample ?? [];
  if (failed)
    t.fail(`path ${counterexamplePath}: ${play(events ?? []).wrong.join('; ')} ${JSON.stringify(events)}`);
  t.comment(`${removed} orphans were removed, ${byRegister} of them because of the register`);
  t.ok(byRegister > LIVES / 20 && removed > byRegister, `${removed} removed, ${byRegister} by the register`);
});

/** Found once; each is [kind, a, b]. */
const ONCE_WRONG: Record<string, [Event['kind'], number, number][]> = {
  'a pid is given again to a worker of a later run': [
    ['start', 13, 0],
    ['cycle-pids', 1, 0],
    ['kill', 33, 0],
    ['start', 30, 0],
    ['exit', 0, 0],
    ['start', 0, 0],
    ['post-stop', 33, 0],
    ['start', 0, 0],
    ['start', 0, 0],
  ],
};

void t.test('lives that went wrong once', async (t) => {
  for (const [what, events] of Object.entries(ONCE_WRONG))
    t.strictSame(play(events.map(([kind, a, b]) => ({ kind, a, b }))).wrong, [], what);
});
