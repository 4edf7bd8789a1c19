import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import { lineages, livingLastUsers, name } from '../../src/core/lineage.ts';
import {
  BEGAN_AGO_S,
  NOW_S,
  SINCE_S,
  type Scene,
  UID,
  UNIT,
  UPTIME_S,
  first,
  master,
  orphanedWorker,
  otherProgram,
  run,
  set,
  snapshot,
  stamp,
  startedAgo,
  verdictOf,
  worker,
} from './snapshot-builder.ts';

const server = [master(), worker()];
const seen = (scene: Scene): string[] =>
  lineages(snapshot(scene)).map(({ role, root, members }) => `${role} ${root.pid} of ${members.length}`);
const theirs = known('ipc:[4026532200]');

void t.test('a master and its workers are one lineage, and a second server is another', async (t) => {
  const second = [master({ pid: 900 }), worker({ pid: 901, ppid: 900 }), worker({ pid: 902, ppid: 901 })];
  t.same(seen({ processes: [...server, worker({ pid: 802 }), ...second] }), [
    'master 800 of 3',
    'master 900 of 3',
  ]);
  t.same(seen({ processes: [...second, ...server].reverse() }), ['master 800 of 2', 'master 900 of 3']);
});

void t.test('workers of a dead master are known by the group it led', async (t) => {
  const two = [orphanedWorker({ pid: 702 }), orphanedWorker({ startedMs: startedAgo(9_000) })];
  t.same(seen({ processes: two }), ['orphaned-workers 701 of 2'], 'the oldest stands for them');
  const others = orphanedWorker({ pid: 711, pgrp: 710, session: 710 });
  t.same(seen({ processes: [...two, others] }), ['orphaned-workers 701 of 2', 'orphaned-workers 711 of 1']);
});

void t.test(
  'workers of a dead master that stayed in the group of a living httpd are orphaned all the same',
  async (t) => {
    const left = orphanedWorker({ pgrp: 800, session: 800 });
    t.ok(seen({ processes: [...server, left] }).includes('orphaned-workers 701 of 1'));
  },
);

void t.test(
  'a process that leads its group or session, has workers, or shares a living shell’s group is a master',
  async (t) => {
    t.same(seen({ processes: [master({ session: 600 })] }), ['master 800 of 1']);
    t.same(seen({ processes: [master({ pgrp: 600 })] }), ['master 800 of 1']);
    t.same(seen({ processes: [master({ pgrp: 600, session: 600 }), worker()] }), ['master 800 of 2']);
    const scripted = { processes: [master({ pgrp: 600, session: 600 })], alivePids: new Set([1, 600, 800]) };
    t.same(seen(scripted), ['master 800 of 1']);
  },
);

void t.test('orphaned workers may know any set: the age of their master is gone with it', async (t) => {
  for (const ctime of [1, SINCE_S - 1, NOW_S])
    t.equal(verdictOf({ sets: [set({ ctime })], processes: [orphanedWorker()] }), 'unsure');
  t.match(first({ processes: [orphanedWorker()] }).evidence, [
    {
      saw: '1 orphaned httpd worker (pid 701): its master, pid 700, is dead, and nobody knows how old that was',
      source: '/proc/701',
    },
  ]);
  const uids = [48, 48, 48, 48];
  const others = [orphanedWorker({ uids }), orphanedWorker({ pid: 702, uids })];
  t.equal(verdictOf({ processes: others }), 'unsure', 'whatever their user: their master may have had more');
});

void t.test('the age of a lineage is unknown unless its unit’s run bounds it', async (t) => {
  const stepped = (stepS: number): Scene => ({
    unitRuns: { [UNIT]: known({ began: stamp(BEGAN_AGO_S, stepS), stamps: [] }) },
  });
  const cases: [string, Scene][] = [
    ['in no unit', { processes: [master({ unit: unknown('in no unit') }), worker()] }],
    ['was not asked about', { unitRuns: {} }],
    ['another unit was', { unitRuns: { 'httpd.service': run(BEGAN_AGO_S) } }],
    ['no answer', { unitRuns: { [UNIT]: unknown('no answer in 1000 ms') } }],
    ['it is older than the present run', { unitRuns: { [UNIT]: run(BEGAN_AGO_S - 2) } }],
    ['stepped forward since', stepped(1.501)],
    ['stepped back since', stepped(-1.501)],
    ['stepped by a day', stepped(86_400)],
  ];
  for (const [what, scene] of cases) {
    t.equal(verdictOf({ processes: server, ...scene }), 'unsure', what);
    t.match(lineages(snapshot({ processes: server, ...scene })), [{ since: { known: false } }], what);
  }
  for (const stepS of [1.5, -1.5]) t.equal(verdictOf({ processes: server, ...stepped(stepS) }), 'orphan');
});

void t.test('a later stamp that shows a step of the clock is as good a witness as the first', async (t) => {
  const began = stamp(BEGAN_AGO_S);
  for (const stepS of [1.501, -1.501]) {
    const witnessed = known({ began, stamps: [stamp(1_800), stamp(900, stepS), stamp(60)] });
    t.equal(verdictOf({ processes: server, unitRuns: { [UNIT]: witnessed } }), 'unsure');
  }
  const quiet = known({ began, stamps: [stamp(1_800), stamp(60)] });
  t.equal(verdictOf({ processes: server, unitRuns: { [UNIT]: quiet } }), 'orphan');
});

void t.test('a small step back moves the bound: the smaller of both clocks counts', async (t) => {
  const bound = (stepS: number): unknown => {
    const unitRuns = { [UNIT]: known({ began: stamp(BEGAN_AGO_S, stepS), stamps: [] }) };
    return lineages(snapshot({ processes: server, unitRuns }))[0]?.since;
  };
  t.same(bound(0), known(SINCE_S));
  t.same(bound(1), known(SINCE_S - 1));
  t.same(bound(-1), known(SINCE_S));
});

void t.test('a process may seem one tick older than the unit that started it, no more', async (t) => {
  const early = (ms: number): Scene => ({
    processes: [master({ startedMs: startedAgo(BEGAN_AGO_S) - ms }), worker()],
  });
  t.equal(verdictOf(early(20)), 'orphan');
  t.equal(verdictOf(early(21)), 'unsure');
});

void t.test('time asleep before the run is no step, and time asleep since is', async (t) => {
  const asleepMs = 50_000_000;
  const clock = { realMs: NOW_S * 1000, monotonicMs: UPTIME_S * 1000 - asleepMs, bootMs: UPTIME_S * 1000 };
  const before = known({
    began: { realMs: (NOW_S - BEGAN_AGO_S) * 1000, monotonicMs: startedAgo(BEGAN_AGO_S) - asleepMs },
    stamps: [],
  });
  t.equal(verdictOf({ clock, processes: server, unitRuns: { [UNIT]: before } }), 'orphan');
  const older = [master({ startedMs: startedAgo(BEGAN_AGO_S) - 21 }), worker()];
  t.equal(
    verdictOf({ clock, processes: older, unitRuns: { [UNIT]: before } }),
    'unsure',
    'starts count time asleep',
  );
  t.equal(verdictOf({ clock, processes: server, unitRuns: { [UNIT]: run(BEGAN_AGO_S) } }), 'unsure');
});

void t.test('the topmost httpd’s age counts, not the age of its youngest worker', async (t) => {
  const processes = [
    master({ startedMs: startedAgo(90_000), unit: known('old.service') }),
    worker({ pid: 801 }),
    worker({ pid: 802, ppid: 801 }),
  ];
  const unitRuns = { [UNIT]: run(BEGAN_AGO_S), 'old.service': run(90_001) };
  t.equal(verdictOf({ processes, unitRuns }), 'in-use');
  t.equal(verdictOf({ processes, unitRuns, sets: [set({ ctime: NOW_S - 90_004 })] }), 'orphan');
});

void t.test(
  'only processes in our IPC namespace count, and one that is not known counts as ours',
  async (t) => {
    const ask = (ipcNamespace: ReturnType<typeof master>['ipcNamespace']): string =>
      verdictOf({
        sets: [set({ ctime: NOW_S })],
        processes: [master({ ipcNamespace }), worker({ ipcNamespace })],
      });
    t.equal(ask(theirs), 'orphan');
    t.equal(ask(unknown('gone')), 'in-use');
    t.same(seen({ processes: server, ipcNamespace: unknown('no link') }), ['master 800 of 2']);
  },
);

void t.test('a program that may be httpd counts, one that is known not to be does not', async (t) => {
  const fresh = [set({ ctime: NOW_S })];
  t.equal(verdictOf({ sets: fresh, processes: [master({ isHttpd: unknown('unreadable') })] }), 'unsure');
  t.equal(
    verdictOf({ sets: fresh, processes: [otherProgram({ uid: UID })] }),
    'orphan',
    'php-fpm runs as apache too',
  );
});

void t.test('a last user counts as a user, whatever its program', async (t) => {
  const scene = { processes: [otherProgram({ startedMs: 0 })], inspections: { 7: { lastPid: 900 } } };
  t.same(seen(scene), ['other-program 900 of 1']);
  t.same([...livingLastUsers(snapshot(scene))], [900]);
  t.same([...livingLastUsers({ ...snapshot(scene), sets: unknown('EACCES') })], []);
  // It used one set and its age is not bounded by a unit: it may know the next one too.
  const two = { ...scene, sets: [set({ id: 8 }), set()], unitRuns: {} };
  t.equal(verdictOf(two), 'unsure');
  t.match(first(two).evidence, [{ rule: 'could-be-known', source: '/proc/900' }]);
});

void t.test('an instance whose processes run as another user cannot know the set', async (t) => {
  const fresh = [set({ ctime: NOW_S })];
  const ask = (over: Partial<ReturnType<typeof master>>, ...uids: number[]): string =>
    verdictOf({
      sets: fresh,
      processes: [master(over), ...uids.map((uid, i) => worker({ pid: 801 + i, uid }))],
    });
  t.equal(ask({}, 48, 48), 'orphan');
  t.equal(ask({ unit: unknown('in no unit') }, 48), 'orphan', 'however old it is');
  t.equal(ask({}, UID), 'in-use');
  t.equal(ask({}), 'unsure', 'no worker was seen yet');
  t.equal(ask({}, 48, 49), 'unsure', 'workers run under several uids');
  t.equal(ask({ mixesUsers: known(true) }, 48), 'unsure', 'mod_wsgi');
  t.equal(ask({ mixesUsers: unknown('maps cannot be read') }, 48), 'unsure');
  const half = [master(), worker({ uids: [0, 48, 48, 48] })];
  t.equal(verdictOf({ sets: fresh, processes: half }), 'unsure', 'a worker that is only half another user');
});

void t.test('what an ordinary user runs may use the sets of a server which that user started', async (t) => {
  const owner = known({ uid: 1000, starterUid: 1000 });
  const sets = [set({ uid: 1000, cuid: 1000, ctime: NOW_S })];
  t.equal(verdictOf({ owner, sets, processes: [otherProgram()] }), 'unsure');
  t.equal(
    verdictOf({ owner, sets, processes: [otherProgram({ uids: [0, 0, 1000, 0] })] }),
    'unsure',
    'any of its uids',
  );
  t.equal(verdictOf({ owner, sets, processes: [otherProgram({ uid: 1001 })] }), 'orphan');
  t.equal(verdictOf({ owner, sets, processes: [otherProgram({ ipcNamespace: theirs })] }), 'orphan');
  const old = [set({ uid: 1000, cuid: 1000, ctime: SINCE_S - 1 })];
  t.equal(verdictOf({ owner, sets: old, processes: [otherProgram()] }), 'orphan', 'unless it is too young');
  t.equal(
    verdictOf({
      owner: known({ uid: UID, starterUid: 0 }),
      processes: [otherProgram({ uid: 0, startedMs: 0 })],
    }),
    'orphan',
    'root runs everything: of root only httpd counts',
  );
});

void t.test('parents that form a circle end somewhere, and everybody is still counted', async (t) => {
  const circle = [
    master({ pid: 800, ppid: 801 }),
    worker({ pid: 801, ppid: 800 }),
    worker({ pid: 802, ppid: 802 }),
  ];
  const members = lineages(snapshot({ processes: circle })).flatMap((lineage) => lineage.members);
  t.same(members.map(({ pid }) => pid).sort(), [800, 801, 802]);
  t.not(verdictOf({ sets: [set({ ctime: NOW_S })], processes: circle }), 'orphan');
});

void t.test('people know a lineage by its pid and its unit', async (t) => {
  const named = (scene: Scene): string[] => lineages(snapshot(scene)).map(name);
  t.same(named({ processes: server }), [`httpd 800 (${UNIT})`]);
  t.same(named({ processes: [master({ unit: unknown('none') })] }), ['httpd 800']);
  t.same(named({ processes: [orphanedWorker()] }), ['1 orphaned httpd worker (pid 701)']);
  t.same(named({ processes: [orphanedWorker(), orphanedWorker({ pid: 702 })] }), [
    '2 orphaned httpd workers (pid 701 and others)',
  ]);
  const inspections = { 7: { lastPid: 900 } };
  t.same(named({ processes: [otherProgram({ startedMs: 0 })], inspections }), [
    'process 900, /usr/bin/python3,',
  ]);
  const unread = otherProgram({ startedMs: 0, exe: unknown('EACCES') });
  t.same(named({ processes: [unread], inspections }), ['process 900, of an unknown program,']);
});
