import t from 'tap';
import type { Stamp } from '../../../src/core/clock.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import type { Claim } from '../../../src/core/register/register.ts';
import { hasSameClaims, updateRegister } from '../../../src/core/register/update-register.ts';
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
import { A, A_AGO_S, RUN_OF_A, RUN_OF_B, claim, register } from './builder.ts';

const ONE = set({ ctime: NOW_S - BEGAN_AGO_S + 1 });
const SERVER = [master(), worker({ startedMs: startedAgo(BEGAN_AGO_S - 1) })];
const used = (lastPid: number, over: Partial<Scene> = {}): Scene => ({
  sets: [ONE],
  processes: SERVER,
  inspections: { [ONE.id]: { lastPid } },
  ...over,
});

const claimsAfter = (scene: Scene): Claim[] => {
  const seen = snapshot(scene);
  return [...updateRegister(seen.register, seen, lineages(seen)).claims.values()];
};

void t.test('a set that a process of a run uses is claimed by the run', async (t) => {
  t.strictSame(claimsAfter(used(800)), [claim(ONE, RUN_OF_B)], 'by the master');
  t.strictSame(claimsAfter(used(801)), [claim(ONE, RUN_OF_B)], 'by a worker');
  const late = [master(), worker({ startedMs: startedAgo(60) })];
  t.strictSame(
    claimsAfter(used(801, { processes: late, sets: [{ ...ONE, otime: NOW_S - 10 }] })),
    [claim(ONE, RUN_OF_B)],
    'by a later worker, after its start',
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
    ['a pid that was given again since', used(801, { processes: late })],
    [
      'a pid that may have been given again',
      used(801, { processes: late, sets: [{ ...ONE, otime: NOW_S - 60 }] }),
    ],
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
  for (const blind of [{ visibility: unknown('hidepid') }, { ipcNamespace: unknown('no link') }]) {
    const seen = snapshot(used(800, { ...blind, register: before }));
    t.equal(updateRegister(before, seen, lineages(seen)), before);
  }
  const seen = { ...snapshot(used(800, { register: before })), sets: unknown('no table') };
  t.equal(updateRegister(before, seen, lineages(seen)), before);
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
  t.strictSame(
    claimsAfter(used(801, { register: register({ ...own, ctime: ONE.ctime - 1 }) })),
    [own],
    'IPC_SET right after it was made',
  );
  const stepped = { [UNIT]: run(BEGAN_AGO_S, [stamp(60, 900)]) };
  t.strictSame(claimsAfter(used(801, { register: register(own), unitRuns: stepped })), [own], 'a clock step');
  const old = { ...own, ctime: ONE.ctime - 1 };
  t.strictSame(claimsAfter(used(801, { register: register(old), unitRuns: stepped })), [old]);
});

void t.test('registers with the same claims are not written again', async (t) => {
  const one = claim(ONE, RUN_OF_A);
  t.ok(hasSameClaims(register(one), { ...register(one), lookedMs: 7 }));
  t.notOk(hasSameClaims(register(one), register()));
  t.notOk(hasSameClaims(register(one), register({ ...one })));
  t.notOk(hasSameClaims(register(one), register(claim({ ...ONE, id: 8 }, RUN_OF_A))));
});

// A forking start: ExecStart= is pid 790, the launcher 792, the master 800.
const began = stamp(BEGAN_AGO_S);
const main = { pid: 800, began: stamp(BEGAN_AGO_S - 1), exited: null as Stamp | null };
const forking = (over: object = {}) =>
  known({ ...valueOf(run(BEGAN_AGO_S)), began, startPid: 790, main, ...over });
const launched = (lastPid: number, over: Partial<Scene> = {}): Scene =>
  used(lastPid, { unitRuns: { [UNIT]: forking(), [A]: run(A_AGO_S) }, ...over });

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
    ['a set of later', launched(792, { sets: [{ ...ONE, ctime: NOW_S - 60 }] })],
    ['a set of earlier', launched(792, { sets: [{ ...ONE, ctime: NOW_S - 9_000 }] })],
    ['a start without a launcher', launched(792, { unitRuns: { [UNIT]: forking({ startPid: 0 }) } })],
    ['a start of unknown pids', launched(792, { unitRuns: { [UNIT]: forking({ startPid: 801 }) } })],
    [
      'a start with many pids',
      launched(6_000, { unitRuns: { [UNIT]: forking({ startPid: 10, main: { ...main, pid: 9_000 } }) } }),
    ],
    ['no main process', launched(792, { unitRuns: { [UNIT]: forking({ main: null }) } })],
    ['no InvocationID', launched(792, { unitRuns: { [UNIT]: forking({ invocationId: '' }) } })],
    ['survivors', launched(792, { unitRuns: { [UNIT]: forking({ leavesNobody: false }) } })],
    ['a clock step', launched(792, { unitRuns: { [UNIT]: forking({ stamps: [stamp(60, 900)] }) } })],
    ['systemd does not answer', launched(792, { unitRuns: { [UNIT]: unknown('no answer') } })],
    [
      'another server forked meanwhile',
      launched(792, { processes: busy, unitRuns: { [UNIT]: forking(), 'old.service': run(9_001) } }),
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
  t.strictSame(claimsAfter(ended({ exited: null })), [], 'it is not known when it ended');
  const later = { ...ONE, otime: NOW_S - 5 };
  t.strictSame(claimsAfter({ ...ended(), sets: [later] }), [], 'used since by another process with its pid');
  t.strictSame(claimsAfter(ended({ began: stamp(60) })), [], 'it had the pid only later');
});

function valueOf<T>(fact: { known: true; value: T } | { known: false; why: string }): T {
  if (!fact.known) throw new Error(fact.why);
  return fact.value;
}
