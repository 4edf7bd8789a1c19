import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { lineages, name } from '../../../src/core/verdict/lineage.ts';
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
  server,
  set,
  snapshot,
  stamp,
  startedAgo,
  verdictOf,
  worker,
} from './snapshot-builder.ts';

const seen = (scene: Scene): string[] =>
  lineages(snapshot(scene)).map(({ role, root, members }) => `${role} ${root.pid} of ${members.length}`);

void t.test('a master and its workers are one lineage, and a second server is another', async (t) => {
  const second = [master({ pid: 900 }), worker({ pid: 901, ppid: 900 }), worker({ pid: 902, ppid: 901 })];
  t.same(seen({ processes: [...server, worker({ pid: 802 }), ...second] }), [
    'master 800 of 3',
    'master 900 of 3',
  ]);
  t.same(seen({ processes: [...second, ...server].reverse() }), ['master 800 of 2', 'master 900 of 3']);
});

void t.test('workers of a killed master are recognized by its process group', async (t) => {
  const two = [orphanedWorker({ pid: 702 }), orphanedWorker({ startedMs: startedAgo(9_000) })];
  t.same(seen({ processes: two }), ['orphaned-workers 702 of 2'], 'the first stands for them');
  const others = orphanedWorker({ pid: 711, pgrp: 710, session: 710 });
  t.same(seen({ processes: [...two, others] }), ['orphaned-workers 702 of 2', 'orphaned-workers 711 of 1']);
});

void t.test(
  'workers of a killed master in the process group of a running httpd are orphaned, too',
  async (t) => {
    const left = orphanedWorker({ pgrp: 800, session: 800 });
    t.ok(seen({ processes: [...server, left] }).includes('orphaned-workers 701 of 1'));
    const others = orphanedWorker({ pgrp: 800, session: 800, uids: [48, 48, 48, 48] });
    t.ok(seen({ processes: [...server, others] }).includes('orphaned-workers 701 of 1'), 'of whatever user');
  },
);

void t.test(
  'a process that leads its group or session, has workers, or is in the group of a running shell is a master',
  async (t) => {
    t.same(seen({ processes: [master({ session: 600 })] }), ['master 800 of 1']);
    t.same(seen({ processes: [master({ pgrp: 600 })] }), ['master 800 of 1']);
    t.same(seen({ processes: [master({ pgrp: 600, session: 600 }), worker()] }), ['master 800 of 2']);
    const scripted = { processes: [master({ pgrp: 600, session: 600 })], alivePids: new Set([1, 600, 800]) };
    t.same(seen(scripted), ['master 800 of 1']);
  },
);

void t.test('orphaned workers may know any set, since the age of their master is unknown', async (t) => {
  for (const ctime of [1, SINCE_S - 1, NOW_S])
    t.equal(verdictOf({ sets: [set({ ctime })], processes: [orphanedWorker()] }), 'unsure');
  t.match(first({ processes: [orphanedWorker()] }).evidence, [
    {
      saw: 'orphaned httpd worker 701: their master was killed, so its age is unknown',
      source: '/proc/701',
    },
  ]);
  const uids = [48, 48, 48, 48];
  const others = [orphanedWorker({ uids }), orphanedWorker({ pid: 702, uids })];
  t.equal(verdictOf({ processes: others }), 'unsure', 'whatever their user: their master may have had more');
});

void t.test("if root starts httpd, a process with the owner's uid is a worker", async (t) => {
  const forked = worker({ pid: 702, ppid: 701 });
  const cases: [string, Scene][] = [
    ['a script in it called setsid(2)', { processes: [orphanedWorker({ pgrp: 701, session: 701 })] }],
    ['it leads a group', { processes: [orphanedWorker({ pgrp: 701 })] }],
    ['it leads a session', { processes: [orphanedWorker({ session: 701 })] }],
    ['it has a child', { processes: [orphanedWorker(), forked] }],
    ['it leads, and has a child', { processes: [orphanedWorker({ pgrp: 701, session: 701 }), forked] }],
    [
      'its group is that of a living shell',
      { processes: [orphanedWorker({ pgrp: 600, session: 600 })], alivePids: new Set([1, 600, 701]) },
    ],
    ['one of its uids is the owner', { processes: [orphanedWorker({ pgrp: 701, uids: [48, 48, UID, 48] })] }],
  ];
  for (const [what, scene] of cases) {
    t.match(lineages(snapshot(scene)), [{ role: 'orphaned-workers', since: { known: false } }], what);
    t.equal(verdictOf(scene), 'unsure', what);
  }
});

void t.test(
  'processes of root and other users, and a server that root does not start, are no workers',
  async (t) => {
    const leader = (uids: number[]): Scene => ({ processes: [master({ uids })] });
    t.same(seen(leader([0, 0, 0, 0])), ['master 800 of 1']);
    t.same(seen(leader([UID, UID, 0, UID])), ['master 800 of 1'], 'any of its uids is root');
    t.same(seen(leader([48, 48, 48, 48])), ['master 800 of 1'], 'an ordinary user runs a server too');
    const own = [UID, UID, UID, UID];
    t.same(seen({ ...leader(own), owner: known({ uid: UID, starterUid: UID }) }), ['master 800 of 1']);
    t.same(seen({ ...leader(own), owner: unknown('not asked') }), ['master 800 of 1']);
    t.same(seen(leader(own)), ['orphaned-workers 800 of 1']);
    const program = { processes: [otherProgram({ uid: UID, startedMs: 0 })] };
    t.same(seen({ ...program, inspections: { 7: { lastPid: 900 } } }), ['other-program 900 of 1']);
  },
);

void t.test('a unit whose stop may leave survivors does not limit the age', async (t) => {
  const unitRuns = {
    [UNIT]: known({
      began: stamp(BEGAN_AGO_S),
      stamps: [],
      leavesNobody: false,
      isActive: true,
      invocationId: 'now',
      startPid: 0,
      main: null,
    }),
  };
  t.match(lineages(snapshot({ processes: server, unitRuns })), [
    { since: { known: false, why: /KillMode=/ } },
  ]);
  t.equal(verdictOf({ processes: server, unitRuns }), 'unsure');
});

void t.test(
  "the age of a lineage is unknown if any of its processes is older than its unit's run",
  async (t) => {
    const older = worker({ pid: 802, startedMs: startedAgo(BEGAN_AGO_S) - 1_001 });
    for (const processes of [
      [...server, older],
      [older, ...server],
    ]) {
      t.match(lineages(snapshot({ processes })), [
        { since: { known: false, why: new RegExp(`: it is older than the current run of ${UNIT}$`) } },
      ]);
      t.equal(verdictOf({ processes }), 'unsure');
    }
    const tick = worker({ pid: 802, startedMs: startedAgo(BEGAN_AGO_S) - 1_000 });
    t.equal(verdictOf({ processes: [...server, tick] }), 'orphan');
  },
);

void t.test("the age of a lineage is unknown unless its unit's run limits it", async (t) => {
  const stepped = (stepS: number): Scene => ({
    unitRuns: {
      [UNIT]: known({
        began: stamp(BEGAN_AGO_S, stepS),
        stamps: [],
        leavesNobody: true,
        isActive: true,
        invocationId: 'now',
        startPid: 0,
        main: null,
      }),
    },
  });
  const cases: [string, Scene][] = [
    ['in no unit', { processes: [master({ unit: unknown('in no unit') }), worker()] }],
    ['was not asked about', { unitRuns: {} }],
    ['another unit was', { unitRuns: { 'httpd.service': run(BEGAN_AGO_S) } }],
    ['no answer', { unitRuns: { [UNIT]: unknown('no answer in 1000 ms') } }],
    ['it is older than the present run', { unitRuns: { [UNIT]: run(BEGAN_AGO_S - 3) } }],
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

void t.test('a clock step is detected from a later timestamp as well as from the first', async (t) => {
  const began = stamp(BEGAN_AGO_S);
  for (const stepS of [1.501, -1.501]) {
    const witnessed = known({
      began,
      stamps: [stamp(1_800), stamp(900, stepS), stamp(60)],
      leavesNobody: true,
      isActive: true,
      invocationId: 'now',
      startPid: 0,
      main: null,
    });
    t.equal(verdictOf({ processes: server, unitRuns: { [UNIT]: witnessed } }), 'unsure');
  }
  const quiet = known({
    began,
    stamps: [stamp(1_800), stamp(60)],
    leavesNobody: true,
    isActive: true,
    invocationId: 'now',
    startPid: 0,
    main: null,
  });
  t.equal(verdictOf({ processes: server, unitRuns: { [UNIT]: quiet } }), 'orphan');
});

void t.test('a small step back moves the limit: the earlier of both clocks is used', async (t) => {
  const bound = (stepS: number): unknown => {
    const unitRuns = {
      [UNIT]: known({
        began: stamp(BEGAN_AGO_S, stepS),
        stamps: [],
        leavesNobody: true,
        isActive: true,
        invocationId: 'now',
        startPid: 0,
        main: null,
      }),
    };
    return lineages(snapshot({ processes: server, unitRuns }))[0]?.since;
  };
  t.same(bound(0), known(SINCE_S));
  t.same(bound(1), known(SINCE_S - 1));
  t.same(bound(-1), known(SINCE_S));
});

void t.test("a process may start up to a second before the timestamp of its unit's run", async (t) => {
  const early = (ms: number): Scene => ({
    processes: [master({ startedMs: startedAgo(BEGAN_AGO_S) - ms }), worker()],
  });
  t.equal(verdictOf(early(1_000)), 'orphan');
  t.equal(verdictOf(early(1_001)), 'unsure');
});

void t.test('time asleep before the run is no clock step, time asleep since is', async (t) => {
  const asleepMs = 50_000_000;
  const clock = { realMs: NOW_S * 1000, monotonicMs: UPTIME_S * 1000 - asleepMs, bootMs: UPTIME_S * 1000 };
  const before = known({
    began: { realMs: (NOW_S - BEGAN_AGO_S) * 1000, monotonicMs: startedAgo(BEGAN_AGO_S) - asleepMs },
    stamps: [],
    leavesNobody: true,
    isActive: true,
    invocationId: 'now',
    startPid: 0,
    main: null,
  });
  t.equal(verdictOf({ clock, processes: server, unitRuns: { [UNIT]: before } }), 'orphan');
  const older = [master({ startedMs: startedAgo(BEGAN_AGO_S) - 1_001 }), worker()];
  t.equal(
    verdictOf({ clock, processes: older, unitRuns: { [UNIT]: before } }),
    'unsure',
    'starts count time asleep',
  );
  t.equal(verdictOf({ clock, processes: server, unitRuns: { [UNIT]: run(BEGAN_AGO_S) } }), 'unsure');
});

void t.test('the age of the topmost httpd decides, not that of its youngest worker', async (t) => {
  const processes = [
    master({ startedMs: startedAgo(90_000), unit: known('old.service') }),
    worker({ pid: 801 }),
    worker({ pid: 802, ppid: 801 }),
  ];
  const unitRuns = { [UNIT]: run(BEGAN_AGO_S), 'old.service': run(90_001) };
  t.equal(verdictOf({ processes, unitRuns }), 'in-use');
  t.equal(verdictOf({ processes, unitRuns, sets: [set({ ctime: NOW_S - 90_004 })] }), 'orphan');
});

void t.test('parents that form a cycle do not loop for ever, and every process is counted', async (t) => {
  const circle = [
    master({ pid: 800, ppid: 801 }),
    worker({ pid: 801, ppid: 800 }),
    worker({ pid: 802, ppid: 802 }),
  ];
  const members = lineages(snapshot({ processes: circle })).flatMap((lineage) => lineage.members);
  t.same(members.map(({ pid }) => pid).sort(), [800, 801, 802]);
  t.not(verdictOf({ sets: [set({ ctime: NOW_S })], processes: circle }), 'orphan');
});

void t.test('the name of a lineage has its pid and its unit', async (t) => {
  const named = (scene: Scene): string[] => lineages(snapshot(scene)).map(name);
  t.same(named({ processes: server }), [`httpd 800 (${UNIT})`]);
  t.same(named({ processes: [master({ unit: unknown('none') })] }), ['httpd 800']);
  t.same(named({ processes: [orphanedWorker()] }), ['orphaned httpd worker 701']);
  t.same(named({ processes: [orphanedWorker(), orphanedWorker({ pid: 702 })] }), [
    '2 orphaned httpd workers (701 and others)',
  ]);
  const inspections = { 7: { lastPid: 900 } };
  t.same(named({ processes: [otherProgram({ startedMs: 0 })], inspections }), [
    'process 900, /usr/bin/python3,',
  ]);
  const unread = otherProgram({ startedMs: 0, exe: unknown('EACCES') });
  t.same(named({ processes: [unread], inspections }), ['process 900, of an unknown program,']);
});

void t.test(
  'orphans of unknown origin are bounded by the run of their own unit, unless it leaves survivors',
  async (t) => {
    const session = known('session-3.scope');
    const hidden = {
      uids: [1000, 1000, 1000, 1000],
      startedAs: unknown('it is in another user namespace'),
      unit: session,
      startedMs: startedAgo(50),
    };
    const scene = (ctime: number, over: Scene = {}): Scene => ({
      sets: [set({ ctime })],
      processes: [orphanedWorker(hidden), orphanedWorker({ ...hidden, pid: 702 })],
      unitRuns: { 'session-3.scope': run(60) },
      ...over,
    });
    t.equal(verdictOf(scene(NOW_S - 63)), 'orphan');
    t.equal(verdictOf(scene(NOW_S - 62)), 'unsure');
    t.match(first(scene(NOW_S)).evidence, [{ source: '/proc/701' }], 'which is named');
    const bounded = run(60);
    const leaves = bounded.known ? known({ ...bounded.value, leavesNobody: false }) : bounded;
    t.equal(verdictOf(scene(NOW_S - 63, { unitRuns: { 'session-3.scope': leaves } })), 'unsure');
    const spread = [orphanedWorker(hidden), orphanedWorker({ ...hidden, pid: 702, unit: known(UNIT) })];
    t.equal(verdictOf(scene(NOW_S - 63, { processes: spread })), 'unsure', 'in different units');
    t.equal(
      verdictOf(
        scene(NOW_S - 63, { processes: [orphanedWorker({ ...hidden, uids: [UID, UID, UID, UID] })] }),
      ),
      'unsure',
      'of the uid of the server',
    );
  },
);

void t.test('thousands of processes named httpd are judged in linear time', async (t) => {
  const count = 5_000;
  const line = Array.from({ length: count }, (_, i) => worker({ pid: 10_000 + i, ppid: 10_000 + i - 1 }));
  const apart = Array.from({ length: count }, (_, i) => master({ pid: 20_000 + i }));
  const sets = Array.from({ length: 32_000 }, (_, id) => set({ id }));
  const beganMs = performance.now();
  t.equal(lineages(snapshot({ processes: line })).length, 1);
  t.equal(verdictOf({ processes: apart, sets }), 'orphan');
  t.equal(verdictOf({ processes: [...apart, orphanedWorker()], sets }), 'unsure');
  t.ok(performance.now() - beganMs < 5_000);
});

void t.test('a few witnesses decide as all lineages do', async (t) => {
  const many = (agoS: (i: number) => number): Scene => ({
    processes: Array.from({ length: 100 }, (_, i) =>
      master({ pid: 10_000 + i, unit: known(`u${i}.service`), startedMs: startedAgo(agoS(i) - 1) }),
    ),
    unitRuns: Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`u${i}.service`, run(agoS(i))] as const),
    ),
  });
  for (const oldest of [0, 50, 99]) {
    const scene = many((i) => (i === oldest ? 7_000 : 100 + i));
    t.equal(verdictOf({ ...scene, sets: [set({ ctime: NOW_S - 7_003 })] }), 'orphan');
    t.equal(verdictOf({ ...scene, sets: [set({ ctime: NOW_S - 7_002 })] }), 'unsure');
    const unitRuns = { ...scene.unitRuns, [`u${oldest}.service`]: unknown('no answer') };
    t.equal(verdictOf({ ...scene, unitRuns, sets: [set({ ctime: NOW_S - 90_000 })] }), 'unsure');
  }
  const scene = many(() => 7_000);
  const server = [master(), worker()];
  const both = { processes: [...(scene.processes ?? []), ...server] };
  const unitRuns = { ...scene.unitRuns, [UNIT]: run(BEGAN_AGO_S) };
  t.equal(verdictOf({ ...both, unitRuns, sets: [set({ ctime: NOW_S })] }), 'in-use', 'by the server');
});
