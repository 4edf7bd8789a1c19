import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { livingLastUsers, candidateProcesses } from '../../../src/core/verdict/candidate-processes.ts';
import {
  NOW_S,
  SINCE_S,
  type Scene,
  UID,
  UNIT,
  first,
  master,
  otherProgram,
  rulesOf,
  run,
  server,
  set,
  snapshot,
  stamp,
  startedAgo,
  verdictOf,
  worker,
} from './snapshot-builder.ts';

const users = (scene: Scene): number[] => candidateProcesses(snapshot(scene)).map(({ pid }) => pid);
const lastUsers = (scene: Scene): number[] => [...livingLastUsers(snapshot(scene))];
const theirs = known('ipc:[4026532200]');

void t.test(
  'only processes of our IPC namespace are candidates, including those of an unknown one',
  async (t) => {
    const ask = (ipcNamespace: ReturnType<typeof master>['ipcNamespace']): string =>
      verdictOf({
        sets: [set({ ctime: NOW_S })],
        processes: [master({ ipcNamespace }), worker({ ipcNamespace })],
      });
    t.equal(ask(theirs), 'orphan');
    t.equal(ask(unknown('gone')), 'in-use');
    t.same(users({ processes: server, ipcNamespace: unknown('no link') }), [800, 801]);
  },
);

void t.test('a program that may be httpd is a candidate, one that is known not to be is not', async (t) => {
  const fresh = [set({ ctime: NOW_S })];
  t.equal(verdictOf({ sets: fresh, processes: [master({ isHttpd: unknown('unreadable') })] }), 'unsure');
  t.equal(
    verdictOf({ sets: fresh, processes: [otherProgram({ uid: UID })] }),
    'orphan',
    'php-fpm runs as apache too',
  );
});

void t.test('an httpd is a candidate whatever its user', async (t) => {
  const processes = [master({ uids: [7, 7, 7, 7] }), worker({ uid: 48 }), worker({ pid: 802, uid: 0 })];
  t.same(users({ processes }), [800, 801, 802]);
});

void t.test('a last user is a candidate, whatever its program', async (t) => {
  const scene = { processes: [otherProgram({ startedMs: 0 })], inspections: { 7: { lastPid: 900 } } };
  t.same(users(scene), [900]);
  t.same(lastUsers(scene), [900]);
  t.same([...livingLastUsers({ ...snapshot(scene), sets: unknown('EACCES') })], []);
  t.same(users({ ...scene, processes: [otherProgram({ startedMs: 0, ipcNamespace: theirs })] }), []);
  // It used one set and its age is not bounded by a unit: it may know the next one too.
  const two = { ...scene, sets: [set({ id: 8 }), set()], unitRuns: {} };
  t.equal(verdictOf(two), 'unsure');
  t.match(first(two).evidence, [{ rule: 'could-be-known', source: '/proc/900' }]);
});

void t.test('a last pid that does not exist or was not read is no candidate', async (t) => {
  t.same(lastUsers({ processes: server, inspections: { 7: {} } }), []);
  t.same(lastUsers({ processes: server, inspections: { 7: { lastPid: 0 } } }), []);
  t.same(lastUsers({ processes: server }), []);
  const unanswered = snapshot({ processes: [otherProgram({ startedMs: 0 })] });
  t.same([...livingLastUsers({ ...unanswered, inspections: new Map([[7, unknown('gone')]]) })], []);
});

// A set last used two hours ago, and pid 900 in a unit that has run for longer.
const LAST_USE_S = NOW_S - 7_200;
const reused = (afterMs: number, over: Scene = {}): Scene => ({
  sets: [set({ ctime: LAST_USE_S })],
  processes: [otherProgram({ startedMs: startedAgo(7_200) + 999 + afterMs })],
  inspections: { 7: { lastPid: 900 } },
  unitRuns: { [UNIT]: run(9_000) },
  ...over,
});

void t.test('a last pid that a younger process reuses is no sign of use', async (t) => {
  t.equal(verdictOf(reused(2_001)), 'orphan');
  t.same(lastUsers(reused(2_001)), []);
  t.equal(verdictOf(reused(2_000)), 'unsure', 'within the margin it is the same process');
  t.same(lastUsers(reused(2_000)), [900]);
  const used = { sets: [set({ ctime: LAST_USE_S, otime: LAST_USE_S + 1 })] };
  t.equal(verdictOf(reused(2_001, used)), 'unsure', 'the last operation counts, not only the last change');
  const changed = { sets: [set({ ctime: LAST_USE_S, otime: LAST_USE_S - 1 })] };
  t.equal(verdictOf(reused(2_000, changed)), 'unsure', 'the last change counts, not only the last operation');
});

void t.test('a running last pid is a user until it is proven that the pid was reused', async (t) => {
  const at = otherProgram({ startedMs: startedAgo(7_200) + 3_000 });
  const stepped = (stepS: number): Scene => ({
    unitRuns: {
      [UNIT]: known({
        began: stamp(9_000, stepS),
        stamps: [],
        leavesNobody: true,
        isActive: true,
        invocationId: 'now',
        startPid: 0,
        main: null,
      }),
    },
  });
  const witnessed = known({
    began: stamp(9_000),
    stamps: [stamp(8_000), stamp(7_000, -1.501), stamp(60)],
    leavesNobody: true,
    isActive: true,
    invocationId: 'now',
    startPid: 0,
    main: null,
  });
  const cases: [string, Scene][] = [
    ['no facts of the process', { processes: [], alivePids: new Set([1, 900]) }],
    ['its unit is not known', { processes: [{ ...at, unit: unknown('in no unit') }] }],
    ['its unit was not asked about', { unitRuns: {} }],
    ['another unit was', { unitRuns: { 'httpd.service': run(9_000) } }],
    ['its unit gave no answer', { unitRuns: { [UNIT]: unknown('no answer in 1000 ms') } }],
    ['the clock was stepped forward', stepped(1.501)],
    ['the clock was stepped back', stepped(-1.501)],
    ['a later stamp shows the step', { unitRuns: { [UNIT]: witnessed } }],
    ['it is older than its unit’s run', { unitRuns: { [UNIT]: run(7_190) } }],
    ['it is httpd', { processes: [{ ...at, isHttpd: known(true) }] }],
    ['it may be httpd', { processes: [{ ...at, isHttpd: unknown('EACCES') }] }],
  ];
  for (const [what, scene] of cases) {
    t.same(lastUsers(reused(3_000, scene)), [900], what);
    t.not(verdictOf(reused(3_000, scene)), 'orphan', what);
    t.same(rulesOf(reused(3_000, scene)), ['last-pid'], what);
  }
  for (const stepS of [0, 1.5, -1.5]) t.equal(verdictOf(reused(5_000, stepped(stepS))), 'orphan');
  t.same(lastUsers(reused(3_000, { alivePids: new Set([1]) })), [], 'a dead pid is nobody');
});

void t.test('a clock that jumped forward does not make the last user too young to be it', async (t) => {
  // The daemon made the set and goes on using it. Then the clock, an hour slow, was put right.
  const daemon = otherProgram({ startedMs: startedAgo(3_000), unit: known('own.service') });
  const scene = {
    sets: [set({ ctime: NOW_S - 2_900 - 3_600 })],
    processes: [daemon],
    inspections: { 7: { lastPid: 900 } },
    unitRuns: {
      'own.service': known({
        began: stamp(3_001, 3_600),
        stamps: [],
        leavesNobody: true,
        isActive: true,
        invocationId: 'now',
        startPid: 0,
        main: null,
      }),
    },
  };
  t.equal(verdictOf(scene), 'unsure');
  t.match(first(scene).evidence, [{ rule: 'last-pid', saw: 'last used by running process 900' }]);
});

void t.test("any process of an ordinary user may use the sets of that user's server", async (t) => {
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
  t.same(users({ owner: unknown('not asked'), processes: [otherProgram({ uid: 0 })] }), []);
});

void t.test('the last users of all sets are collected, not only the first', async (t) => {
  const sets = [set({ id: 1 }), set({ id: 2 }), set({ id: 3 })];
  const processes = [otherProgram({ startedMs: 0 }), otherProgram({ pid: 901, startedMs: 0 })];
  const inspections = { 1: { lastPid: 900 }, 2: {}, 3: { lastPid: 901 } };
  t.same(lastUsers({ sets, processes, inspections }), [900, 901]);
});

const stranger = { uids: [1000, 1000, 1000, 1000], startedAs: known([1000, 1000]) };

void t.test('an httpd that another user started is no candidate for sets that root made', async (t) => {
  const fresh = [set({ ctime: NOW_S })];
  t.equal(verdictOf({ sets: fresh, processes: [master(stranger)] }), 'orphan');
  t.equal(
    verdictOf({ sets: fresh, processes: [master({ ...stranger, isHttpd: unknown('hung') })] }),
    'orphan',
  );
  t.same(
    users({ processes: [master(stranger)], owner: unknown('not asked') }),
    [800],
    'without an owner all are',
  );
  for (const over of [
    { uids: stranger.uids },
    { ...stranger, startedAs: unknown('in another user namespace') },
    { ...stranger, uids: [1000, 0, 1000, 1000] },
  ])
    t.not(verdictOf({ sets: fresh, processes: [master(over)] }), 'orphan', JSON.stringify(over));
});

void t.test('a process that cannot have operated on a set only has the pid of its last user', async (t) => {
  const scene = (over: object): Scene => ({
    processes: [otherProgram({ startedMs: 0, ...over })],
    inspections: { 7: { lastPid: 900 } },
  });
  t.equal(verdictOf(scene(stranger)), 'orphan');
  t.same(lastUsers(scene(stranger)), []);
  t.equal(verdictOf(scene({ ...stranger, startedAs: unknown('not read') })), 'unsure');
  t.equal(verdictOf(scene({ ...stranger, uids: [UID, UID, UID, UID] })), 'unsure', 'the owner can');
});
