import t from 'tap';
import type { Stamp } from '../../../src/core/clock.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import { NO_REGISTER, type Seen } from '../../../src/core/register/register.ts';
import { isNews, updateRegister } from '../../../src/core/register/update-register.ts';
import { lineages } from '../../../src/core/verdict/lineage.ts';
import {
  BEGAN_AGO_S,
  NOW_S,
  type Scene,
  UNIT,
  master,
  otherProgram,
  run,
  runId,
  set,
  snapshot,
  stamp,
  startedAgo,
  worker,
} from '../verdict/snapshot-builder.ts';
import { A, A_AGO_S, RUN_OF_A, RUN_OF_B, claim, listed, register } from './builder.ts';

const ONE = set({ ctime: NOW_S - BEGAN_AGO_S + 1 });
const SERVER = [master(), worker({ startedMs: startedAgo(BEGAN_AGO_S - 1) })];
const used = (lastPid: number, over: Partial<Scene> = {}): Scene => ({
  sets: [ONE],
  processes: SERVER,
  inspections: { [ONE.id]: { lastPid } },
  ...over,
});

/** The claims after a look, whoever used the sets last. */
const claimsAfter = (scene: Scene): Seen[] => {
  const looked = snapshot(scene);
  const { seen } = updateRegister(looked, lineages(looked));
  return [...seen.values()].filter(({ run }) => run !== null).map((one) => ({ ...one, lastPid: 4_000_000 }));
};

/** The register of an earlier look, with the set listed or not. */
const earlier = (agoS: number, ...sets: Seen[]): Scene['register'] & object => ({
  ...register(...sets),
  lookedMs: startedAgo(agoS),
  forks: 8_000,
});

void t.test('a set that a process of a run uses is claimed by the run', async (t) => {
  t.strictSame(claimsAfter(used(800)), [claim(ONE, RUN_OF_B)], 'by the master');
  t.strictSame(claimsAfter(used(801)), [claim(ONE, RUN_OF_B)], 'by a worker');
  const late = [master(), worker({ startedMs: startedAgo(60) })];
  t.strictSame(
    claimsAfter(used(801, { processes: late, register: earlier(30, listed(ONE, 800)) })),
    [claim(ONE, RUN_OF_B)],
    'by a worker that was already running at the last look, when another one was the last user',
  );
});

void t.test('what is not proven is not claimed', async (t) => {
  const late = [master(), worker({ startedMs: startedAgo(60) })];
  const scenes: [string, Scene][] = [
    ['a dead user', used(4_000)],
    ['no inspection', used(800, { inspections: {} })],
    ['a program that is not httpd', used(900, { processes: [...SERVER, otherProgram()] })],
    [
      'a program of which that is unknown',
      used(900, { processes: [otherProgram({ isHttpd: unknown('?') })] }),
    ],
    [
      'a pid that may have been given again since the last look',
      used(801, { processes: late, register: earlier(120, listed(ONE, 800)) }),
    ],
    ['a last user that is the same', used(801, { register: earlier(30, listed(ONE, 801)) })],
    [
      'more forks than pids since the last look',
      used(801, {
        forks: known({ before: 8_001 + 16_384, after: 8_001 + 16_384, pidMax: 32_768 }),
        register: earlier(30),
      }),
    ],
    ['fewer forks than before', used(801, { register: { ...earlier(30), forks: 10_000 } })],
    ['an unknown number of forks', used(801, { forks: unknown('no /proc/stat') })],
    ['an unknown number of forks before', used(801, { register: { ...earlier(30), forks: null } })],
    [
      'a set that is older than the server',
      used(800, { sets: [{ ...ONE, ctime: NOW_S - BEGAN_AGO_S - 10 }] }),
    ],
    ['a server that was started by hand', used(800, { processes: [master({ unit: unknown('outside') })] })],
    [
      'a unit without InvocationID',
      used(800, { unitRuns: { [UNIT]: known({ ...valueOf(run(BEGAN_AGO_S)), invocationId: '' }) } }),
    ],
    ['a clock that was stepped', used(800, { unitRuns: { [UNIT]: run(BEGAN_AGO_S, [stamp(60, 900)]) } })],
    ['a set of another creator', used(800, { sets: [{ ...ONE, cuid: 33 }] })],
    ['a set with a key', used(800, { sets: [{ ...ONE, key: 5 }] })],
    ['an unknown owner', used(800, { owner: unknown('no answer') })],
  ];
  for (const [what, scene] of scenes) t.strictSame(claimsAfter(scene), [], what);
});

void t.test('a set of another owner uid is claimed as well', async (t) => {
  const ofApp = { ...ONE, uid: 1001 };
  t.strictSame(claimsAfter(used(801, { sets: [ofApp] })), [claim(ofApp, RUN_OF_B)]);
});

void t.test('a look that cannot see everything changes nothing', async (t) => {
  const before = register(claim(ONE, RUN_OF_A));
  for (const blind of [
    { visibility: unknown('hidepid') },
    { ipcNamespace: unknown('no link') },
    { owner: unknown('no user') },
    { inspections: {} },
  ]) {
    const seen = snapshot(used(800, { ...blind, register: before }));
    t.equal(updateRegister(seen, lineages(seen)), before);
  }
  const seen = { ...snapshot(used(800, { register: before })), sets: unknown('no table') };
  t.equal(updateRegister(seen, lineages(seen)), before);
});

void t.test('a set that no longer exists is forgotten; one without a running user is not', async (t) => {
  const gone = claim(set({ id: 99 }), RUN_OF_A);
  t.strictSame(claimsAfter(used(4_000, { register: register(gone, claim(ONE, RUN_OF_A)) })), [
    claim(ONE, RUN_OF_A),
  ]);
});

void t.test('a set on which two runs were seen is contested, and stays so', async (t) => {
  const contested = claim(ONE, RUN_OF_A, { contested: true });
  t.strictSame(claimsAfter(used(800, { register: register(claim(ONE, RUN_OF_A)) })), [contested]);
  t.strictSame(claimsAfter(used(4_000, { register: register(contested) })), [contested]);
  t.strictSame(claimsAfter(used(800, { register: register(contested) })), [contested]);
  const other = claim({ ...ONE, ctime: 5 }, RUN_OF_A);
  t.strictSame(
    claimsAfter(used(800, { register: register(other) })),
    [{ ...other, contested: true }],
    'also if its ctime has changed: its owner may set that',
  );
  const unproven = used(800, { processes: [master({ unit: unknown('outside') })] });
  t.strictSame(claimsAfter({ ...unproven, register: register(claim(ONE, RUN_OF_A)) }), [contested]);
});

void t.test('the same run once more is no contradiction', async (t) => {
  const own = claim(ONE, RUN_OF_B);
  t.strictSame(claimsAfter(used(801, { register: register(own) })), [own]);
  const changed = { ...own, ctime: ONE.ctime - 1, lastPid: 800 };
  t.strictSame(
    claimsAfter(used(801, { register: earlier(30, changed) })),
    [own],
    'IPC_SET right after it was made',
  );
  t.match(
    claimsAfter(used(800, { register: earlier(30, changed) })),
    [{ ctime: changed.ctime }],
    'not proven',
  );
  const stepped = { [UNIT]: run(BEGAN_AGO_S, [stamp(60, 900)]) };
  t.strictSame(claimsAfter(used(801, { register: register(own), unitRuns: stepped })), [own], 'a clock step');
  const old = { ...own, ctime: ONE.ctime - 1 };
  t.strictSame(claimsAfter(used(801, { register: register(old), unitRuns: stepped })), [old]);
});

void t.test('a look lists the sets, and the number of forks before it', async (t) => {
  const looked = snapshot(used(4_000));
  const after = updateRegister(looked, lineages(looked));
  t.strictSame(after, {
    lookedMs: looked.lookedMs,
    forks: 9_000,
    seen: new Map([[ONE.id, listed(ONE, 4_000)]]),
    losses: [],
    most: new Map(),
  });
  const blind = snapshot(used(4_000, { forks: unknown('no /proc/stat') }));
  t.equal(updateRegister(blind, lineages(blind)).forks, null);
});

void t.test('a register that says no more is not written again, for a minute', async (t) => {
  const one = claim(ONE, RUN_OF_A);
  const before = register(one);
  t.notOk(isNews(before, before));
  t.notOk(isNews({ ...register({ ...one }), lookedMs: 60_000 }, before));
  t.ok(isNews({ ...before, lookedMs: 60_001 }, before));
  t.ok(isNews(NO_REGISTER, before));
  const loss = { run: RUN_OF_A, ids: [1], sinceMs: 1, isSure: true, isReported: false };
  t.ok(isNews({ ...register({ ...one }), losses: [loss] }, before));
  t.ok(isNews({ ...register({ ...one }), most: new Map([[A, 1]]) }, before));
  for (const over of [
    { id: 8 },
    { ctime: 1 },
    { uid: 1 },
    { lastPid: 1 },
    { run: null },
    { contested: true },
  ])
    t.ok(isNews(register({ ...one, ...over }), before), JSON.stringify(over));
});

// A forking start: ExecStart= is pid 790, the launcher 792, the master 800.
const began = stamp(BEGAN_AGO_S);
const main = { pid: 800, began: stamp(BEGAN_AGO_S - 1), exited: null as Stamp | null };
const forking = (over: object = {}) =>
  known({ ...valueOf(run(BEGAN_AGO_S)), began, startPid: 790, main, ...over });
/** The last look was that of ExecStartPre=. */
const launched = (lastPid: number, over: Partial<Scene> = {}): Scene =>
  used(lastPid, {
    unitRuns: { [UNIT]: forking(), [A]: run(A_AGO_S) },
    register: earlier(BEGAN_AGO_S - 0.5),
    ...over,
  });

void t.test('a set of the launcher of a forking start is claimed', async (t) => {
  t.strictSame(claimsAfter(launched(792)), [claim(ONE, RUN_OF_B)]);
  const quiet = [...SERVER, master({ pid: 600, unit: known('old.service'), startedMs: startedAgo(9_000) })];
  t.strictSame(
    claimsAfter(
      launched(792, { processes: quiet, unitRuns: { [UNIT]: forking(), 'old.service': run(9_001) } }),
    ),
    [claim(ONE, RUN_OF_B)],
    'beside a server that did not fork meanwhile',
  );
  const later = { pid: 810, unit: known('later.service'), startedMs: startedAgo(BEGAN_AGO_S - 3) };
  t.strictSame(
    claimsAfter(
      launched(792, {
        processes: [...SERVER, master(later)],
        unitRuns: { [UNIT]: forking(), 'later.service': run(BEGAN_AGO_S - 2) },
      }),
    ),
    [claim(ONE, RUN_OF_B)],
    'beside a server of a run that began later',
  );
  const other = { ...RUN_OF_A };
  t.strictSame(claimsAfter(launched(792, { register: register(claim(ONE, other)) })), [claim(ONE, other)]);
});

void t.test('a set whose last user may have been another process is not', async (t) => {
  const busy = [
    ...SERVER,
    master({ pid: 600, unit: known('old.service'), startedMs: startedAgo(9_000) }),
    worker({ pid: 795, ppid: 600, unit: known('old.service'), startedMs: startedAgo(BEGAN_AGO_S - 1) }),
  ];
  const scenes: [string, Scene][] = [
    ['a pid before the start', launched(789)],
    ['a pid after the master', launched(805)],
    ['no pid that is visible', launched(0)],
    [
      'a set that was there before',
      launched(792, { register: earlier(BEGAN_AGO_S - 0.5, listed(ONE, 792)) }),
    ],
    ['more forks than pids', launched(792, { forks: unknown('?') })],
    ['a start without a launcher', launched(792, { unitRuns: { [UNIT]: forking({ startPid: 0 }) } })],
    ['a start of unknown pids', launched(792, { unitRuns: { [UNIT]: forking({ startPid: 801 }) } })],
    ['no main process', launched(792, { unitRuns: { [UNIT]: forking({ main: null }) } })],
    ['no InvocationID', launched(792, { unitRuns: { [UNIT]: forking({ invocationId: '' }) } })],
    ['survivors', launched(792, { unitRuns: { [UNIT]: forking({ leavesNobody: false }) } })],
    ['systemd does not answer', launched(792, { unitRuns: { [UNIT]: unknown('no answer') } })],
    [
      'another server forked meanwhile',
      launched(792, { processes: busy, unitRuns: { [UNIT]: forking(), 'old.service': run(9_001) } }),
    ],
    [
      'another server whose launcher began meanwhile, and its master later',
      launched(792, {
        processes: [
          ...SERVER,
          master({ pid: 810, unit: known('session.scope'), startedMs: startedAgo(BEGAN_AGO_S - 5) }),
        ],
        unitRuns: { [UNIT]: forking(), 'session.scope': run(9_001) },
      }),
    ],
    [
      'another start whose main process systemd does not know yet',
      launched(792, {
        processes: [...SERVER, master({ pid: 810, unit: known(A), startedMs: startedAgo(BEGAN_AGO_S - 5) })],
        unitRuns: { [UNIT]: forking(), [A]: forking({ main: null, invocationId: runId(1) }) },
      }),
    ],
    [
      'another start at the same time',
      launched(792, { unitRuns: { [UNIT]: forking(), [A]: forking({ invocationId: runId(1) }) } }),
    ],
  ];
  for (const [what, scene] of scenes) t.strictSame(claimsAfter(scene), [], what);
});

void t.test('a set of the master of a run that has just ended is claimed', async (t) => {
  const exited = stamp(10);
  const ended = (over: object = {}): Scene => ({
    ...launched(800),
    processes: [],
    unitRuns: { [UNIT]: forking({ main: { ...main, exited, ...over } }) },
  });
  t.strictSame(claimsAfter(ended()), [claim(ONE, RUN_OF_B)]);
  t.strictSame(claimsAfter(ended({ exited: null })), [], 'it is not known to have exited');
  const listedBefore = { ...ended(), register: earlier(BEGAN_AGO_S - 0.5, listed(ONE, 800)) };
  t.strictSame(claimsAfter(listedBefore), [], 'a process with its pid may have used it since');
});

function valueOf<T>(fact: { known: true; value: T } | { known: false; why: string }): T {
  if (!fact.known) throw new Error(fact.why);
  return fact.value;
}
