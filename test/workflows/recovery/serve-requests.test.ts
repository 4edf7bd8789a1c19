import t from 'tap';
import { serveRequests } from '../../../src/workflows/recovery/serve-requests.ts';
import { FakeClock } from '../../fake-clock.ts';

const A = 'apache2.service';
const B = 'apache2@b.service';

/** Units whose recoveries take as long as the test says, in seconds. */
class World {
  readonly clock = new FakeClock();
  guarded = [A, B];
  private request: string[] = [];
  private underWay: readonly string[];
  /** Every record of what is under way, in order. */
  readonly kept: (readonly string[])[] = [];
  /** "a.service 0-30": when each recovery began and ended. */
  readonly recovered: string[] = [];
  readonly errors: string[] = [];
  /** The units that a look finds without sets of theirs. */
  lost: readonly string[] = [];
  /** Until when attempts are counted in memory alone, in seconds. */
  staysUntil = 0;
  /** Of a request that cannot be removed. */
  version = '';

  constructor(
    private readonly seconds: Record<string, number> = {},
    interrupted: readonly string[] = [],
  ) {
    this.underWay = interrupted;
  }

  requests(...units: string[]): this {
    this.request = units;
    return this;
  }

  in(second: number, ...units: string[]): this {
    this.clock.after(second * 1_000, () => this.requests(...units));
    return this;
  }

  serve(): Promise<void> {
    return this.clock.until(
      serveRequests({
        clock: this.clock,
        takeRequest: () => {
          const stays = this.version === '' ? null : { version: this.version, why: 'read-only' };
          const names = stays === null ? this.request.splice(0) : this.request;
          return names.length === 0 ? null : { names, stays };
        },
        onStaying: async (why) => void this.errors.push(why),
        guardedUnits: () => this.guarded,
        takeUnderWay: () => {
          const units = this.underWay;
          this.underWay = [];
          return units;
        },
        keepUnderWay: (units) => {
          this.underWay = units;
          this.kept.push(units);
        },
        look: async () => {
          await this.clock.pause(2_000);
          this.recovered.push('a look');
          return this.lost;
        },
        recover: async (unit) => {
          const began = this.clock.steadyMs() / 1000;
          await this.clock.pause((this.seconds[unit] ?? 1) * 1_000);
          if (this.seconds[unit] === 0) throw new Error(`${unit} threw`);
          this.recovered.push(`${unit} ${began}-${this.clock.steadyMs() / 1000}`);
        },
        mustStay: () => this.clock.steadyMs() < this.staysUntil * 1_000,
        onError: async (error) => void this.errors.push(String(error)),
      }),
    );
  }
}

void t.test('only guarded units of a request are recovered, in parallel', async (t) => {
  const world = new World({ [A]: 2 }).requests(A, 'sshd.service', '', '../x', B);
  await world.serve();
  t.strictSame(world.recovered, [`${B} 0-1`, `${A} 0-2`]);
  t.strictSame(world.kept, [[A, B], [A], []]);
});

void t.test('a unit whose look finds that it lost sets is recovered, if it is guarded', async (t) => {
  const world = new World().requests('look');
  world.lost = [A, 'sshd.service'];
  await world.serve();
  t.match(world.recovered, ['a look', new RegExp(`^${A} 2`)]);
  t.equal(world.recovered.length, 2);
  t.ok(
    world.kept.some((units) => units.includes(A)),
    'and recorded as under way',
  );
});

void t.test('no request: nothing is done', async (t) => {
  const world = new World();
  await world.serve();
  t.strictSame(world.recovered, []);
  t.strictSame(world.kept, [[]]);
});

void t.test(
  'a unit requested while its recovery is under way is recovered once more, afterwards',
  async (t) => {
    const world = new World({ [A]: 10 }).requests(A).in(2, A).in(4, A).in(6, A);
    await world.serve();
    t.equal(world.recovered.length, 2);
    t.equal(world.recovered[0], `${A} 0-10`);
    t.match(world.recovered[1], /^apache2\.service 10(\.2)?-20/);
    t.strictSame(world.kept.at(-1), []);
  },
);

void t.test('another unit does not wait for one that is waiting', async (t) => {
  const world = new World({ [A]: 35 }).requests(A).in(3, B);
  await world.serve();
  const [first = '', second] = world.recovered;
  t.match(first, /^apache2@b\.service 3(\.\d+)?-4/);
  t.equal(second, `${A} 0-35`);
  t.ok(Number(first.split(' ')[1]?.split('-')[0]) <= 3.2, 'seen within 200 ms');
});

void t.test('units of an interrupted run are retried once: they are not recorded again', async (t) => {
  const world = new World({ [A]: 5 }, [A]);
  await world.serve();
  t.strictSame(world.recovered, [`${A} 0-5`]);
  t.notMatch(world.kept, [[A]], 'whoever kills it again ends it');
  const anew = new World({ [A]: 5 }, [A]).requests(B);
  await anew.serve();
  t.strictSame(anew.kept[0], [B], 'a new request is recorded beside it');
  t.strictSame(anew.recovered, [`${B} 0-1`, `${A} 0-5`]);
});

void t.test('a recovery that throws is reported and does not end others', async (t) => {
  const world = new World({ [A]: 0, [B]: 3 }).requests(A, B);
  await world.serve();
  t.strictSame(world.errors, [`Error: ${A} threw`]);
  t.strictSame(world.recovered, [`${B} 0-3`]);
});

void t.test('a unit that is no longer guarded when its turn comes is dropped', async (t) => {
  const world = new World({ [A]: 5 }).requests(A).in(1, A);
  world.clock.after(2_000, () => (world.guarded = [B]));
  await world.serve();
  t.strictSame(world.recovered, [`${A} 0-5`]);
});

void t.test(
  'a request for a look is no unit: it is served beside recoveries, and not recorded',
  async (t) => {
    const world = new World({ [A]: 1 }).requests('look', A);
    await world.serve();
    t.strictSame(world.recovered, [`${A} 0-1`, 'a look']);
    t.strictSame(world.kept, [[A], [], []]);
  },
);

void t.test('while attempts are counted in memory alone, it serves later requests as well', async (t) => {
  const world = new World().requests(A).in(300, A);
  world.staysUntil = 600;
  await world.serve();
  t.match(world.recovered, [`${A} 0-1`, /^apache2\.service 300/]);
  t.ok(world.clock.steadyMs() >= 600_000);
});

void t.test(
  'a request that cannot be removed is served once, and so is the next one in its place',
  async (t) => {
    const world = new World().requests(A);
    world.version = 'first';
    world.clock.after(20_000, () => (world.version = 'second'));
    world.clock.after(40_000, () => (world.version = ''));
    await world.serve();
    t.match(world.recovered, [`${A} 0-1`, /^apache2\.service 20/, /^apache2\.service 40/]);
    t.equal(world.recovered.length, 3, 'one that can be removed at last may be another one');
    t.strictSame(world.errors, ['read-only'], 'reported once');
  },
);
