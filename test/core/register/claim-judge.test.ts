import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { ClaimJudge } from '../../../src/core/register/claim-judge.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import type { Verdict } from '../../../src/core/verdict/verdict.ts';
import {
  BEGAN_AGO_S,
  NOW_S,
  type Scene,
  UNIT,
  first,
  master,
  orphanedWorker,
  otherProgram,
  run,
  runId,
  set,
  snapshot,
  startedAgo,
  verdictOf,
  worker,
} from '../verdict/snapshot-builder.ts';
import { A, A_AGO_S, B, RUN_OF_A, RUN_OF_B, claim, listed, register, serverRun } from './builder.ts';

// B lives and is older than the set, so that without the register it could know it.
const LIVING_B = [master(), worker()];
const ONE = set({ ctime: NOW_S - A_AGO_S + 1 });
const ofA = (over: Partial<Scene> = {}): Scene => ({
  sets: [ONE],
  processes: LIVING_B,
  register: register(claim(ONE, RUN_OF_A)),
  ...over,
});

void t.test('a set of a run that is over is an orphan, although another server could know it', async (t) => {
  t.equal(verdictOf({ sets: [ONE], processes: LIVING_B }), 'in-use', 'by its age');
  t.match(first(ofA()), { verdict: 'orphan', evidence: [{ rule: 'run-is-over' }] });
});

void t.test('without the last user of the kernel the register proves no set orphaned', async (t) => {
  t.equal(verdictOf(ofA({ inspections: {} })), 'in-use', 'by its age');
  const old = set({ ctime: NOW_S - BEGAN_AGO_S - 10 });
  const seen = { sets: [old], processes: LIVING_B, inspections: {} };
  t.equal(verdictOf({ ...seen, register: register(claim(old, RUN_OF_A)) }), 'orphan', 'by its age');
  t.equal(verdictOf({ ...seen, register: register(claim(old, RUN_OF_B)) }), 'in-use', 'it still keeps a set');
});

void t.test('a set that a running run was seen to use is in use', async (t) => {
  const old = set({ ctime: NOW_S - BEGAN_AGO_S - 10 });
  t.equal(verdictOf({ sets: [old], processes: LIVING_B }), 'orphan', 'by its age');
  const seen = { sets: [old], processes: LIVING_B, register: register(claim(old, RUN_OF_B)) };
  t.match(first(seen), { verdict: 'in-use', evidence: [{ rule: 'seen-in-use' }] });
  const changed = register(claim(old, RUN_OF_B, { ctime: 1, contested: true }));
  t.equal(verdictOf({ ...seen, register: changed }), 'in-use', 'whatever else was seen on it');
});

void t.test('a register that does not fit the set proves nothing', async (t) => {
  for (const over of [{ ctime: ONE.ctime - 1 }, { uid: 48 }, { contested: true }])
    t.equal(
      verdictOf(ofA({ register: register(claim(ONE, RUN_OF_A, over)) })),
      'in-use',
      JSON.stringify(over),
    );
});

void t.test('rules that see a use come first', async (t) => {
  const used = ofA({ inspections: { [ONE.id]: { lastPid: 801 } } });
  t.match(first(used), { verdict: 'in-use', evidence: [{ rule: 'last-pid' }] });
  t.equal(verdictOf(ofA({ inspections: { [ONE.id]: { waiters: 1 } } })), 'in-use');
  t.equal(verdictOf(ofA({ visibility: unknown('hidepid') })), 'unsure');
});

void t.test('while a process may be of the run, its sets are kept', async (t) => {
  const inA = { unit: known(A) };
  const keeping: [string, Scene['processes'], Scene['unitRuns'], 'in-use' | 'unsure'][] = [
    ['its worker, which outlived the master', [orphanedWorker({ ...inA })], { [A]: run(A_AGO_S) }, 'in-use'],
    ['its master', [master({ ...inA, pid: 1800, startedMs: RUN_OF_A.masterStartedMs })], {}, 'in-use'],
    [
      'its master, moved by root',
      [master({ unit: unknown('outside'), pid: 1800, startedMs: RUN_OF_A.masterStartedMs })],
      {},
      'in-use',
    ],
    [
      'its worker, moved by root',
      [orphanedWorker({ pgrp: 1800, session: 1800, unit: known('other.scope') })],
      {},
      'unsure',
    ],
    [
      'its worker below a wrapper, moved by root',
      [orphanedWorker({ unit: unknown('outside'), startedMs: RUN_OF_A.masterStartedMs + 1_000 })],
      {},
      'unsure',
    ],
    [
      'the same, moved to another unit',
      [orphanedWorker({ unit: known('other.scope'), startedMs: RUN_OF_A.masterStartedMs + 1_000 })],
      { 'other.scope': run(5_000) },
      'unsure',
    ],
    ['a process in its unit, of whose run nothing is known', [orphanedWorker({ ...inA })], {}, 'unsure'],
    [
      'a survivor in a later run of its unit',
      [orphanedWorker({ ...inA, startedMs: startedAgo(A_AGO_S) })],
      { [A]: run(60) },
      'unsure',
    ],
    [
      'a worker below a master of another unit',
      [
        master({ pid: 900, startedMs: startedAgo(50) }),
        worker({ ...inA, ppid: 900, startedMs: startedAgo(40) }),
      ],
      { [A]: run(60), [B]: run(60) },
      'unsure',
    ],
    [
      'a later run of its unit that an earlier process may have outlived (KillMode=)',
      [master({ ...inA, pid: 900, startedMs: startedAgo(50) })],
      {
        [A]: known({
          began: { realMs: 0, monotonicMs: 0 },
          stamps: [],
          leavesNobody: false,
          isActive: true,
          invocationId: runId(60),
          startPid: 0,
          main: null,
        }),
      },
      'unsure',
    ],
  ];
  for (const [what, processes = [], unitRuns = {}, verdict] of keeping) {
    const runs = { [B]: run(BEGAN_AGO_S), ...unitRuns };
    t.equal(verdictOf(ofA({ processes: [...LIVING_B, ...processes], unitRuns: runs })), verdict, what);
  }
});

const RUN_OF_C = {
  began: { realMs: 0, monotonicMs: 0 },
  stamps: [],
  leavesNobody: true,
  isActive: true,
  invocationId: runId(60),
  startPid: 0,
};

void t.test('a process that cannot be of the run does not keep its sets', async (t) => {
  const inA = { unit: known(A) };
  const others: [string, Scene['processes'], Scene['unitRuns']][] = [
    ['a later run of the unit', [master({ ...inA, pid: 900, startedMs: startedAgo(50) })], { [A]: run(60) }],
    [
      'a later run whose master has the same pid',
      [master({ ...inA, pid: 1800, startedMs: startedAgo(50) })],
      { [A]: run(60) },
    ],
    ['a server that was started by hand', [master({ pid: 900, unit: unknown('outside') })], {}],
    [
      'a master in the unit that is older than the run',
      [master({ ...inA, pid: 900, startedMs: startedAgo(A_AGO_S + 100) })],
      {},
    ],
    [
      'an orphaned worker of another unit, by the session of its main process',
      [orphanedWorker({ unit: known('c.service'), startedMs: RUN_OF_A.masterStartedMs + 1_000 })],
      { 'c.service': known({ ...RUN_OF_C, main: { pid: 700, began: RUN_OF_C.began, exited: null } }) },
    ],
    [
      'an orphaned worker that is older than the master',
      [orphanedWorker({ unit: unknown('outside'), startedMs: RUN_OF_A.masterStartedMs - 1_000 })],
      {},
    ],
    ['a program of another unit', [otherProgram({ unit: known('cron.service') })], {}],
  ];
  for (const [what, processes = [], unitRuns = {}] of others) {
    const runs = { [B]: run(BEGAN_AGO_S), ...unitRuns };
    t.equal(verdictOf(ofA({ processes: [...LIVING_B, ...processes], unitRuns: runs })), 'orphan', what);
  }
});

void t.test('thousands of sets of one run are judged by one look at the processes', async (t) => {
  const sets = Array.from({ length: 32_000 }, (_, id) => set({ id, ctime: ONE.ctime }));
  const began = performance.now();
  t.equal(verdictOf(ofA({ sets, register: register(...sets.map((one) => claim(one, RUN_OF_A))) })), 'orphan');
  t.ok(performance.now() - began < 2_000);
});

void t.test('an earlier run of the same unit is another run', async (t) => {
  const earlier = serverRun(UNIT, BEGAN_AGO_S + 500, 700);
  const one = set({ ctime: NOW_S - BEGAN_AGO_S + 1 });
  t.equal(verdictOf({ sets: [one], processes: LIVING_B, register: register(claim(one, earlier)) }), 'orphan');
});

void t.test('a set of another owner uid is judged by the register alone', async (t) => {
  const ofApp = { ...ONE, uid: 1001 };
  const over = ofA({ sets: [ofApp], register: register(claim(ofApp, RUN_OF_A)) });
  t.match(first(over), { verdict: 'orphan', evidence: [{ rule: 'run-is-over' }] });
  const lives = ofA({ sets: [ofApp], register: register(claim(ofApp, RUN_OF_B)) });
  t.match(first(lives), { verdict: 'in-use', evidence: [{ rule: 'seen-in-use' }] });
  t.equal(verdictOf({ ...over, processes: [] }), 'orphan');
  const scenes: [string, Scene, Verdict][] = [
    ['never seen', ofA({ sets: [ofApp], register: register() }), 'foreign'],
    ['contested', { ...over, register: register(claim(ofApp, RUN_OF_A, { contested: true })) }, 'foreign'],
    [
      'another set since',
      { ...over, register: register(claim({ ...ofApp, ctime: 1 }, RUN_OF_A)) },
      'foreign',
    ],
    ['of another creator', { ...over, sets: [{ ...ofApp, cuid: 1001 }] }, 'foreign'],
    ['with a key', { ...over, sets: [{ ...ofApp, key: 5 }] }, 'foreign'],
    ['with waiters', { ...over, inspections: { [ofApp.id]: { waiters: 1 } } }, 'in-use'],
    ['an unknown owner', { ...over, owner: unknown('no answer') }, 'unsure'],
    ['httpd as root', { ...over, owner: known({ uid: 0, starterUid: 0 }) }, 'unsure'],
  ];
  for (const [what, kept, verdict] of scenes) t.equal(verdictOf(kept), verdict, what);
});

void t.test('the owner of a set is named where it is proven', async (t) => {
  const other = set({ id: 8, ctime: ONE.ctime });
  const scene = snapshot(
    ofA({ sets: [ONE, other], register: register(claim(ONE, RUN_OF_A), claim(other, RUN_OF_B)) }),
  );
  const owners = new ClaimJudge(scene, lineages(scene));
  t.strictSame(owners.ownerOf(ONE), { run: RUN_OF_A, living: false });
  t.strictSame(owners.ownerOf(other), { run: RUN_OF_B, living: true });
  for (const one of [
    { ...ONE, ctime: 1 },
    { ...ONE, uid: 1 },
    { ...ONE, id: 99 },
  ])
    t.equal(owners.ownerOf(one), null);
  const contested = snapshot(ofA({ register: register(claim(ONE, RUN_OF_A, { contested: true })) }));
  t.equal(new ClaimJudge(contested, []).ownerOf(ONE), null);
  const unproven = snapshot(ofA({ register: register(listed(ONE, 7)) }));
  t.equal(new ClaimJudge(unproven, []).ownerOf(ONE), null);
});
