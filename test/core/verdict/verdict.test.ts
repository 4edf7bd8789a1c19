import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import type { SemaphoreSet } from '../../../src/core/verdict/semaphore-set.ts';
import type { Inspection, Visibility } from '../../../src/core/verdict/snapshot.ts';
import { judge } from '../../../src/core/verdict/verdict.ts';
import {
  NOW_S,
  SINCE_S,
  type Scene,
  UID,
  UNIT,
  first,
  master,
  orphanedWorker,
  otherProgram,
  rulesOf,
  server,
  set,
  snapshot,
  startedAgo,
  verdictOf,
  worker,
} from './snapshot-builder.ts';

const born = (ctime: number, id = 7): SemaphoreSet[] => [set({ id, ctime })];

void t.test('with no running httpd a mutex of its owner is an orphan', async (t) => {
  t.equal(verdictOf({}), 'orphan');
  t.same(first({}).evidence, [
    { rule: 'no-living-httpd', saw: 'no running httpd in this IPC namespace', source: '/proc' },
  ]);
});

void t.test('set id 0 is an id like any other', async (t) => {
  t.equal(verdictOf({ sets: [set({ id: 0 })] }), 'orphan');
  t.equal(verdictOf({ sets: [set({ id: 0 })], inspections: { 0: { waiters: 1 } } }), 'in-use');
  t.equal(verdictOf({ sets: born(NOW_S, 0), processes: server }), 'in-use');
});

void t.test('a table that cannot be read gets no verdict', async (t) => {
  t.same(judge({ ...snapshot(), sets: unknown('EACCES') }), []);
});

void t.test('a set that is not a mutex of this owner is foreign, whatever is running', async (t) => {
  const cases: [Partial<ReturnType<typeof set>>, string, string][] = [
    [{ key: 1 }, 'not-a-mutex', 'key 0x1, not 0'],
    [{ key: -1 }, 'not-a-mutex', 'key 0xffffffff, not 0'],
    [{ nsems: 3 }, 'not-a-mutex', '3 semaphores, not 1'],
    [{ nsems: 0 }, 'not-a-mutex', '0 semaphores, not 1'],
    [{ mode: 0o660 }, 'not-a-mutex', 'mode 0660, not 0600'],
    [{ uid: 48 }, 'other-owner', 'owner uid 48, not 33'],
    [{ uid: 0 }, 'other-owner', 'owner uid 0, not 33'],
    [{ cuid: UID }, 'other-owner', 'creator uid 33, not 0'],
  ];
  for (const [over, rule, saw] of cases) {
    for (const processes of [[], server]) {
      const { verdict, evidence } = first({ sets: [set(over)], processes });
      t.equal(verdict, 'foreign');
      t.same(evidence, [{ rule, saw, source: '/proc/sysvipc/sem' }]);
    }
  }
});

void t.test('without an owner or visibility a set is unsure, with the reason', async (t) => {
  const cases: [Partial<Scene>, string, string][] = [
    [{ owner: unknown('httpd cannot be asked') }, 'owner-unknown', 'httpd cannot be asked'],
    [{ visibility: unknown('hidepid') }, 'cannot-see', 'hidepid'],
    [{ ipcNamespace: unknown('no link') }, 'cannot-see', 'no link'],
  ];
  for (const [scene, rule, saw] of cases) {
    const { verdict, evidence } = first(scene);
    t.equal(verdict, 'unsure');
    t.match(evidence, [{ rule, saw }]);
    t.equal(evidence.length, 1);
  }
});

void t.test('a set that no httpd could have made is foreign even without visibility', async (t) => {
  t.equal(verdictOf({ sets: [set({ key: 5 })], owner: unknown('not asked') }), 'foreign');
  t.equal(verdictOf({ sets: [set({ uid: 26 })], visibility: unknown('hidepid') }), 'foreign');
});

void t.test('a set of a running httpd whose User was changed in the configuration is in use', async (t) => {
  const young = set({ uid: 48, ctime: NOW_S - 60 });
  const server = [master(), worker({ uids: [48, 48, 48, 48] })];
  t.equal(verdictOf({ sets: [young], processes: server }), 'in-use');
  t.same(rulesOf({ sets: [young], processes: server }), ['could-be-known']);
  t.equal(
    verdictOf({ sets: [young], processes: [master(), worker()] }),
    'foreign',
    'no worker has that user',
  );
  t.equal(verdictOf({ sets: [{ ...young, cuid: 48 }], processes: server }), 'foreign', 'of another creator');
  const old = set({ uid: 48, ctime: SINCE_S - 60 });
  t.equal(verdictOf({ sets: [old], processes: server }), 'foreign', 'older than every running httpd');
});

void t.test('a process waiting for a set is a veto', async (t) => {
  const scene = { inspections: { 7: { waiters: 1 } } };
  t.equal(verdictOf(scene), 'in-use');
  t.match(first(scene).evidence, [
    { rule: 'waiters', saw: '1 process waiting for it', source: 'ipcs -s -i 7' },
  ]);
});

void t.test('a last pid of 0 is a process that is not visible, not one that has exited', async (t) => {
  const scene = { inspections: { 7: { lastPid: 0 } } };
  t.equal(verdictOf(scene), 'unsure');
  t.same(rulesOf(scene), ['last-pid']);
});

void t.test('a running last pid is a veto: httpd uses its set, another program may use it', async (t) => {
  const httpd = {
    processes: [worker({ startedMs: startedAgo(90_000) })],
    inspections: { 7: { lastPid: 801 } },
  };
  t.equal(verdictOf(httpd), 'in-use');
  t.same(rulesOf(httpd), ['last-pid']);
  const other = {
    processes: [otherProgram({ startedMs: startedAgo(90_000) })],
    inspections: { 7: { lastPid: 900 } },
  };
  t.equal(verdictOf(other), 'unsure');
  t.match(first(other).evidence, [{ rule: 'last-pid', saw: 'last used by running process 900' }]);
  const unread = { ...other, processes: [otherProgram({ startedMs: 0, isHttpd: unknown('EACCES') })] };
  t.equal(verdictOf(unread), 'unsure', 'a program that could not be read is not called httpd');
});

void t.test('a last pid is a veto from another IPC namespace too: it may have left ours', async (t) => {
  const ipcNamespace = known('ipc:[4026532200]');
  const processes = [master({ startedMs: startedAgo(90_000), ipcNamespace })];
  t.equal(verdictOf({ processes, inspections: { 7: { lastPid: 800 } } }), 'in-use');
});

void t.test(
  'a last pid that has exited proves nothing: it is the normal state of a set in use',
  async (t) => {
    const scene = { sets: born(NOW_S), processes: server, inspections: { 7: { lastPid: 4_000_000 } } };
    t.equal(verdictOf(scene), 'in-use');
  },
);

void t.test('a missing inspection proves nothing', async (t) => {
  const silent = { ...snapshot(), inspections: new Map([[7, unknown('ipcs timed out')]]) };
  t.match(judge(silent), [{ verdict: 'orphan' }]);
  t.match(judge({ ...silent, visibility: unknown('hidepid') }), [{ verdict: 'unsure' }]);
});

void t.test('a set is an orphan only when it is older than every lineage', async (t) => {
  t.equal(verdictOf({ sets: born(SINCE_S - 1), processes: server }), 'orphan');
  t.equal(verdictOf({ sets: born(SINCE_S), processes: server }), 'in-use');
  t.equal(verdictOf({ sets: born(NOW_S), processes: server }), 'in-use');
  t.match(first({ sets: born(SINCE_S - 9), processes: server }).evidence, [
    { rule: 'not-known-to', saw: `last changed at least 9 s before httpd 800 (${UNIT}) could have made it` },
  ]);

  const older = master({ pid: 600, startedMs: startedAgo(90_000), unit: unknown('not in a unit') });
  t.equal(verdictOf({ sets: born(SINCE_S - 1), processes: [...server, older] }), 'unsure');
  t.same(rulesOf({ sets: born(SINCE_S - 1), processes: [...server, older] }), ['could-be-known']);
});

void t.test(
  "in-use needs a master of known age with a process of the set's owner; everything else is unsure",
  async (t) => {
    const fresh = born(NOW_S);
    t.equal(verdictOf({ sets: fresh, processes: server }), 'in-use');
    t.equal(verdictOf({ sets: fresh, processes: [master()] }), 'unsure', 'no process of that user is seen');
    t.equal(verdictOf({ sets: fresh, processes: server, unitRuns: {} }), 'unsure', 'age unknown');
    t.equal(verdictOf({ sets: fresh, processes: [orphanedWorker()] }), 'unsure', 'orphaned workers');
  },
);

void t.test('another instance, of another user, keeps a set that it could know', async (t) => {
  const ask = (over: Partial<ReturnType<typeof master>>, ...uids: number[]): Scene => ({
    sets: born(NOW_S),
    processes: [master(over), ...uids.map((uid, i) => worker({ pid: 801 + i, uid }))],
  });
  t.equal(verdictOf(ask({}, 48, 48)), 'unsure');
  t.match(first(ask({}, 48, 48)).evidence, [
    { rule: 'could-be-known', saw: `httpd 800 (${UNIT}) was already running when the set was made` },
  ]);
  t.equal(verdictOf({ ...ask({}, 48, 48), sets: born(SINCE_S) }), 'unsure');
  t.equal(verdictOf({ ...ask({}, 48, 48), sets: born(SINCE_S - 1) }), 'orphan', 'unless it is too young');
  t.equal(verdictOf(ask({ unit: unknown('in no unit') }, 48)), 'unsure');
  t.equal(verdictOf(ask({ unit: unknown('in no unit') }, UID)), 'unsure');
  t.equal(verdictOf(ask({}, 48, 49)), 'unsure');
  t.equal(verdictOf(ask({}, 48, UID)), 'in-use');
  const ordinary = [1000, 1000, 1000, 1000];
  t.equal(verdictOf(ask({ uids: ordinary }, 1000)), 'unsure', 'an ordinary user’s');
});

void t.test("the current uids of a running httpd's processes prove nothing about its sets", async (t) => {
  const ask = (...processes: ReturnType<typeof master>[]): string =>
    verdictOf({ sets: born(NOW_S), processes: [master(), ...processes] });
  t.equal(ask(worker({ uid: 0 })), 'unsure', 'a worker that is not yet User');
  t.equal(ask(worker({ uid: 48 }), worker({ pid: 802, uid: 0 })), 'unsure');
  t.equal(ask(worker({ uids: [0, 48, 48, 48] })), 'unsure', 'half another user');
  t.equal(ask(worker({ uid: 48 })), 'unsure', 'User was changed, and a graceful restart is through');
  t.equal(ask(worker({ uid: 48 }), worker({ pid: 802 })), 'in-use', 'an old worker is still there');
  const isHttpd = unknown('its file cannot be read');
  const unread = [master({ isHttpd }), worker({ uid: 48, isHttpd }), worker({ pid: 802, uid: 48, isHttpd })];
  t.equal(verdictOf({ sets: born(NOW_S), processes: unread }), 'unsure');
});

void t.test('if httpd runs as root, every set that could be its own is kept', async (t) => {
  const owner = known({ uid: 0, starterUid: 0 });
  const roots = { owner, sets: [set({ uid: 0 })] };
  t.equal(verdictOf(roots), 'unsure');
  t.same(first(roots).evidence, [
    {
      rule: 'owner-is-root',
      saw: 'httpd runs as root, and any program of root could have made such a set',
      source: 'httpd -t -D DUMP_RUN_CFG',
    },
  ]);
  t.equal(verdictOf({ ...roots, processes: server }), 'unsure');
  t.equal(verdictOf({ ...roots, inspections: { 7: {} } }), 'unsure');
  t.equal(verdictOf({ owner, sets: [set()] }), 'foreign');
  t.equal(verdictOf({ owner, sets: [set({ uid: 0, key: 1 })] }), 'foreign');
});

void t.test('a running last user of which nothing else is known is a blind spot', async (t) => {
  const sets = [set({ id: 1 }), set({ id: 2 })];
  const scene = { sets, alivePids: new Set([1, 900]), inspections: { 2: { lastPid: 900 } } };
  const judged = judge(snapshot(scene));
  t.match(judged, [
    { verdict: 'unsure', evidence: [{ rule: 'blind-spot' }] },
    { verdict: 'unsure', evidence: [{ rule: 'last-pid', saw: 'last used by running process 900' }] },
  ]);
  // An httpd that is old enough to have made both takes the blame for the one, and keeps the other.
  const old = { processes: [master({ startedMs: startedAgo(9_000) }), worker()] };
  t.match(judge(snapshot({ ...scene, ...old, alivePids: new Set([1, 800, 801, 900]) })), [
    { verdict: 'unsure', evidence: [{ rule: 'could-be-known' }] },
    { verdict: 'unsure', evidence: [{ rule: 'last-pid' }] },
  ]);
});

void t.test('evidence that is the same for all sets is one object', async (t) => {
  const [one, two] = judge(snapshot({ sets: [set({ id: 1 }), set({ id: 2 })] }));
  t.equal(one?.evidence, two?.evidence);
  t.equal(one?.evidence.length, 1);
});

void t.test('a set of a running server is in use, whatever else could know it', async (t) => {
  const older = master({ pid: 600, unit: unknown('not in a unit') });
  const orphans = orphanedWorker();
  for (const processes of [
    [...server, older],
    [older, ...server],
    [orphans, ...server],
  ])
    t.equal(verdictOf({ sets: born(NOW_S), processes }), 'in-use');
});

void t.test('evidence names every lineage that could know the set', async (t) => {
  const second = master({ pid: 900, unit: unknown('started outside systemd') });
  const { evidence } = first({ sets: born(NOW_S), processes: [...server, second] });
  t.match(evidence, [
    { source: '/proc/800' },
    { source: '/proc/900', saw: 'httpd 900 was started outside systemd' },
  ]);
});

void t.test('a use that no running process explains makes every orphan unsure', async (t) => {
  const sets = [set({ id: 1 }), set({ id: 2 }), set({ id: 3, key: 9 })];
  const verdicts = (scene: Scene): string[] =>
    judge(snapshot({ sets, ...scene })).map(({ verdict }) => verdict);
  t.same(verdicts({}), ['orphan', 'orphan', 'foreign']);
  t.same(verdicts({ inspections: { 2: { waiters: 1 } } }), ['unsure', 'in-use', 'foreign']);
  t.same(verdicts({ inspections: { 2: { lastPid: 0 } } }), ['unsure', 'unsure', 'foreign']);
  t.same(
    verdicts({ inspections: { 2: { waiters: 1 } }, processes: server }),
    ['unsure', 'in-use', 'foreign'],
    'the httpd that is seen is too young to be the user',
  );
  t.match(first({ sets, inspections: { 2: { waiters: 1 } } }).evidence, [
    {
      rule: 'blind-spot',
      saw: 'set 2 is in use, but no visible process can know it; no httpd is visible',
      source: 'ipcs -s -i 2',
    },
  ]);
});

void t.test('a use that a running httpd explains keeps the verdict of the orphans', async (t) => {
  const sets = [set({ id: 1 }), set({ id: 2, ctime: NOW_S - 60 })];
  const explained = judge(
    snapshot({ sets, processes: server, inspections: { 2: { lastPid: 801, waiters: 2 } } }),
  );
  t.same(
    explained.map(({ verdict }) => verdict),
    ['orphan', 'in-use'],
  );
});

void t.test('in a container an orphan needs a last user in our pid namespace', async (t) => {
  const visibility = known('container' as const);
  t.equal(verdictOf({ visibility, inspections: { 7: {} } }), 'orphan');
  t.equal(verdictOf({ visibility }), 'unsure');
  t.same(rulesOf({ visibility }), ['cannot-see']);
  t.match(judge({ ...snapshot({ visibility }), inspections: new Map([[7, unknown('no perl')]]) }), [
    { verdict: 'unsure' },
  ]);
  t.equal(verdictOf({ visibility, inspections: { 7: { lastPid: 0 } } }), 'unsure', 'a neighbour’s');
  t.equal(verdictOf({ visibility, inspections: { 7: {} }, sets: born(NOW_S), processes: server }), 'in-use');
});

void t.test('in a container only a use in our pid namespace is a blind spot', async (t) => {
  const sets = [set({ id: 1 }), set({ id: 2 })];
  const first = (two: Partial<Inspection>, view: Visibility): string | undefined =>
    judge(snapshot({ sets, visibility: known(view), inspections: { 1: {}, 2: two } }))[0]?.verdict;
  t.equal(first({ lastPid: 0 }, 'container'), 'orphan');
  t.equal(first({ lastPid: 0, waiters: 2 }, 'container'), 'orphan');
  t.equal(first({ waiters: 2 }, 'container'), 'unsure');
  t.equal(first({ lastPid: 0 }, 'machine'), 'unsure');
});

void t.test('a server that an ordinary user started has sets of that user, made by that user', async (t) => {
  const owner = known({ uid: 1000, starterUid: 1000 });
  t.equal(verdictOf({ owner, sets: [set({ uid: 1000, cuid: 1000 })] }), 'orphan');
  t.equal(verdictOf({ owner, sets: [set({ uid: 1000 })] }), 'foreign');
});

void t.test('every verdict has its evidence', async (t) => {
  const sets = [set({ id: 1 }), set({ id: 2, key: 1 }), set({ id: 3, uid: 1 }), set({ id: 4, ctime: NOW_S })];
  for (const scene of [{ sets }, { sets, processes: server }, { sets, view: unknown('hidepid') }]) {
    for (const { evidence } of judge(snapshot(scene))) {
      t.ok(evidence.length > 0 && evidence.every(({ saw, source }) => saw !== '' && source !== ''));
    }
  }
});
