import t from 'tap';
import { wallStartMs } from '../../../src/core/clock.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import type { Loss } from '../../../src/core/register/loss.ts';
import { lossesAfter, lostOf, lostSets } from '../../../src/core/register/losses.ts';
import type { Register, Seen } from '../../../src/core/register/register.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import {
  BEGAN_AGO_S,
  NOW_S,
  type Scene,
  UNIT,
  master,
  run,
  set,
  snapshot,
  startedAgo,
  worker,
} from '../verdict/snapshot-builder.ts';
import { RUN_OF_A, RUN_OF_B, claim, listed, register } from './builder.ts';

const GONE = set({ id: 3, ctime: NOW_S - BEGAN_AGO_S + 1 });
const OTHER = set({ id: 4, ctime: GONE.ctime });
const LAST_LOOK_MS = startedAgo(600);
const SERVER = [master(), worker({ startedMs: startedAgo(BEGAN_AGO_S - 1) })];

const before = (...losses: Loss[]): Register => ({
  ...register(claim(GONE, RUN_OF_B), claim(OTHER, RUN_OF_B)),
  lookedMs: LAST_LOOK_MS,
  losses,
});
const scene = (over: Partial<Scene> = {}): Scene => ({
  sets: [OTHER],
  processes: SERVER,
  register: before(),
  ...over,
});
const after = (over: Partial<Scene> = {}, ...more: Seen[]): Loss[] => {
  const looked = snapshot(scene(over));
  const seen = new Map([claim(OTHER, RUN_OF_B), ...more].map((one) => [one.id, one]));
  return lossesAfter(looked, lineages(looked), seen);
};
const loss = (over: Partial<Loss> = {}): Loss => ({
  run: RUN_OF_B,
  ids: [3],
  sinceMs: snapshot({}).lookedMs,
  isSure: false,
  isReported: false,
  ...over,
});

void t.test('a set of a running server is gone: a loss, which a later look makes sure', async (t) => {
  t.strictSame(after(), [loss()]);
  const sinceMs = snapshot({}).lookedMs - 2_000;
  t.strictSame(
    after({ register: { ...before(loss({ sinceMs })), seen: new Map([[4, claim(OTHER, RUN_OF_B)]]) } }),
    [loss({ sinceMs, isSure: true })],
  );
  t.strictSame(after({ register: before(loss({ ids: [9], sinceMs, isSure: true, isReported: true })) }), [
    loss({ ids: [9, 3], sinceMs, isSure: true, isReported: true }),
  ]);
  t.strictSame(after({ register: before(loss()) }), [loss()], 'the same set once');
  t.strictSame(after({ sets: [] }), [loss({ ids: [3, 4] })]);
});

void t.test('it is none after a reload, a stop, or where it is not known whose it was', async (t) => {
  const young = [master(), worker({ startedMs: startedAgo(60) })];
  const none: [string, Loss[]][] = [
    ['the set is there', after({ sets: [GONE, OTHER] })],
    ['another set took its place', after({}, claim(set({ id: 8 }), RUN_OF_B))],
    ['or may have', after({}, listed(set({ id: 8 }), 1))],
    ['its workers are new', after({ processes: young })],
    ['it runs no more', after({ processes: [] })],
    ['it reloads or stops', after({ unitRuns: { [UNIT]: inactive() } })],
    ['systemd does not answer', after({ unitRuns: { [UNIT]: unknown('no answer') } })],
    [
      'contested',
      after({
        register: {
          ...before(),
          seen: new Map([
            [4, claim(OTHER, RUN_OF_B)],
            [3, claim(GONE, RUN_OF_B, { contested: true })],
          ]),
        },
      }),
    ],
    [
      'unproven',
      after({
        register: {
          ...before(),
          seen: new Map([
            [4, claim(OTHER, RUN_OF_B)],
            [3, listed(GONE, 800)],
          ]),
        },
      }),
    ],
    [
      'of another run',
      after({
        register: {
          ...before(),
          seen: new Map([
            [4, claim(OTHER, RUN_OF_B)],
            [3, claim(GONE, RUN_OF_A)],
          ]),
        },
      }),
    ],
  ];
  for (const [what, losses] of none) t.strictSame(losses, [], what);
  t.strictSame(
    after({}, claim(set({ id: 8 }), RUN_OF_A)),
    [loss()],
    'a new set of another run replaces none',
  );
  const blind = { ...snapshot(scene({ register: before(loss()) })), sets: unknown('no table') };
  t.strictSame(lossesAfter(blind, [], new Map()), [loss()]);
});

void t.test('sure losses are counted by unit', async (t) => {
  const losses = [loss({ isSure: true, ids: [1, 2] }), loss(), loss({ run: RUN_OF_A, isSure: true })];
  t.equal(lostSets(UNIT, losses), 2);
  t.equal(lostSets('other.service', losses), 0);
  const seen = {
    ...snapshot({
      register: { ...register(), losses: [...losses, loss({ isSure: true, ids: [5], sinceMs: 1_000 })] },
    }),
  };
  t.strictSame(lostOf(UNIT, seen), { ids: [1, 2, 5], sinceRealMs: wallStartMs(1_000, seen.clock) });
  t.equal(lostOf('other.service', seen), null);
});

function inactive() {
  const one = run(BEGAN_AGO_S);
  return one.known ? known({ ...one.value, isActive: false }) : one;
}
