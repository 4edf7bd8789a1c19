import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import {
  type NeedQuestion,
  countKills,
  heldSets,
  neededTogether,
  unitNeed,
} from '../../../src/core/limits/kills-left.ts';
import { judge } from '../../../src/core/verdict/verdict.ts';
import { settings, unit } from '../../view/report/report-builder.ts';
import { use } from '../diagnosis/failure-builder.ts';
import type { ServerRun } from '../../../src/core/register/server-run.ts';
import { RUN_OF_B, claim, register, serverRun } from '../register/builder.ts';
import {
  NOW_S,
  type Scene,
  master,
  orphanedWorker,
  set,
  snapshot,
  startedAgo,
  worker,
} from '../verdict/snapshot-builder.ts';

const OTHER_RUN = serverRun('httpd@b.service', 10, 900);

void t.test('the number of survived kill -9', async (t) => {
  // free, held, registered, up; left, least, startFits
  type Case = [number, number | null, number, boolean, number | null, number, boolean | null];
  const cases: Case[] = [
    [9, 3, 3, true, 3, 3, true],
    [8, 3, 3, true, 2, 2, true],
    [2, 3, 3, true, 0, 0, null],
    [11, 3, 6, true, 3, 2, true],
    [5, 3, 6, true, 1, 0, true],
    [9, null, 3, true, null, 3, true],
    [9, null, 3, false, null, 2, true],
    [3, null, 3, false, null, 0, true],
    [2, null, 3, false, null, 0, null],
    [0, null, 3, false, null, 0, false],
    [-4, null, 3, true, null, 0, false],
    [500, 200, 7, true, 2, 2, true],
  ];
  for (const [free, held, registered, up, left, least, startFits] of cases)
    t.strictSame(
      countKills(free, held, registered, up),
      { leaks: true, left, least, startFits },
      JSON.stringify({ free, held, registered, up }),
    );
});

void t.test('a start without a set for each proxy balancer fails', async (t) => {
  t.match(countKills(128, null, 216, false, 208), { startFits: false });
  t.match(countKills(210, null, 216, false, 208), { startFits: null });
  t.match(countKills(216, null, 216, false, 208), { startFits: true });
});

void t.test('the number equals that of a simulation of each kill and each start', async (t) => {
  for (let free = 0; free < 40; free++)
    for (let held = 1; held <= 5; held++)
      for (let registered = held; registered <= 8; registered++) {
        // The running one leaves its sets; who starts makes `need` of them, and they count as many as before.
        const survived = (need: number): number => {
          let room = free;
          let kills = 0;
          while (room >= need) {
            room -= held;
            kills++;
          }
          return kills;
        };
        t.match(countKills(free, held, registered, true), {
          left: survived(held),
          least: survived(registered),
        });
      }
});

const need = (over: Partial<NeedQuestion> = {}) =>
  unitNeed({
    unit: unit(),
    settings: known(settings()),
    balancers: 0,
    guarded: false,
    held: 3,
    use: known(use(3)),
    ...over,
  });

void t.test('the tighter of both limits decides', async (t) => {
  t.match(need(), { registered: 3, kills: { leaks: true, left: 3, least: 3 } });
  const semaphores = known({ sets: { used: 3, max: 128 }, semaphores: { used: 93, max: 100 } });
  t.match(need({ use: semaphores }), { kills: { left: 2 } });
});

void t.test('servers that do not leak, and servers of which it is unknown', async (t) => {
  t.match(need({ unit: unit({ privateIpc: true }) }).kills, { leaks: false, why: /PrivateIPC=yes/ });
  const pthread = known(settings({ sysvMutexes: 0 }));
  t.match(need({ settings: pthread, held: null }).kills, { leaks: false, why: /not System V/ });
  t.match(need({ settings: pthread, held: 0 }).kills, { leaks: false, why: /without System V/ });
  t.match(
    need({ settings: pthread, use: known(use(3)) }).kills,
    { leaks: true, left: 3 },
    'modules with locks of their own ignore Mutex',
  );
  t.match(need({ held: 0 }).kills, { leaks: false, why: /without System V/ });
  const mute = known(settings({ sysvMutexes: null }));
  t.match(need({ settings: mute, held: null }).kills, { leaks: null });
  t.match(need({ settings: mute, use: known(use(3)) }).kills, { left: 3, least: 3 }, 'as many as now');
  t.match(need({ settings: unknown('httpd is mute'), held: null }), {
    registered: null,
    kills: { leaks: null, why: 'httpd is mute' },
  });
  t.match(need({ use: unknown('no table') }).kills, { leaks: null, why: 'no table' });
});

void t.test('the sets of the running httpd', async (t) => {
  const held = (scene: Scene, of = unit()): number | null => {
    const taken = snapshot(scene);
    return heldSets(of, taken, lineages(taken), judge(taken));
  };
  const young = (id: number) => set({ id, ctime: NOW_S - 3_000 });
  const strangers = [set({ id: 8, key: 5 }), set({ id: 9, uid: 26 })];
  const sets = [young(1), young(2), set({ id: 3 }), ...strangers];
  const alone = { sets, processes: [master(), worker()], inspections: { 1: {}, 2: {}, 3: {} } };
  t.equal(held(alone), 2, 'not what is left over, nor what is foreign');
  t.equal(held(alone, unit({ name: 'httpd@b.service' })), null, 'it is another’s');
  t.equal(held({ ...alone, processes: [] }), null);
  t.equal(held({ ...alone, processes: [orphanedWorker()] }), null);
  const other = master({ pid: 900, startedMs: startedAgo(10), unit: known('httpd@b.service') });
  t.equal(held({ ...alone, processes: [master(), other] }), null, 'whose are they?');
  const two = { ...alone, sets: [young(1), young(2), ...strangers], processes: [master(), worker(), other] };
  const owned = (run: ServerRun, ...ids: number[]) => ids.map((id) => claim(young(id), run));
  const its = unit({ invocationId: RUN_OF_B.invocationId });
  const ofB = owned(RUN_OF_B, 1);
  t.equal(held({ ...two, register: register(...ofB) }, its), null, 'one set of two is proven to be its own');
  t.equal(
    held({ ...two, register: register(...ofB, ...owned(OTHER_RUN, 2)) }, its),
    1,
    'and the other one another’s',
  );
  t.equal(
    held({ ...two, register: register(...ofB, claim(young(2), OTHER_RUN, { contested: true })) }, its),
    null,
  );
  const ofApp = set({ id: 5, uid: 1001, ctime: NOW_S - 3_000 });
  t.equal(
    held({ ...alone, sets: [...sets, ofApp], register: register(claim(ofApp, RUN_OF_B)) }, its),
    3,
    'with that of a daemon group of mod_wsgi',
  );
  t.equal(held({ ...two, register: register(...ofB) }), null, 'of another run of the unit');
  t.equal(held({ ...alone, visibility: unknown('not root') }), null);
  t.equal(held({ ...alone, owner: unknown('not known') }), null);
});

void t.test('the need of all units together', async (t) => {
  const one = (over: object, more: Partial<NeedQuestion> = {}) => ({
    unit: unit(over),
    need: need({ unit: unit(over), ...more }),
  });
  t.equal(neededTogether([]), null);
  t.equal(neededTogether([one({}), one({ active: 'failed', fileState: 'disabled' })]), 6);
  t.equal(neededTogether([one({}), one({ active: 'inactive', fileState: 'disabled' })]), 3);
  t.equal(neededTogether([one({}), one({ active: 'inactive', fileState: 'enabled' })]), 6);
  t.equal(neededTogether([one({}), one({ load: 'masked', active: 'failed' })]), 3);
  t.equal(neededTogether([one({}), one({ privateIpc: true })]), 3);
  t.equal(neededTogether([one({}), one({}, { settings: unknown('mute') })]), null);
});

void t.test('each proxy balancer needs a set of its own', async (t) => {
  t.equal(need().registered, 3);
  t.equal(need({ balancers: 208 }).registered, 211);
  t.equal(need({ balancers: 2, settings: known(settings({ sysvMutexes: 0 })) }).registered, 0);
});
