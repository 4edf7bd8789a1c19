import type { Stamp } from '../../../src/core/clock.ts';
import { type Fact, known } from '../../../src/core/fact.ts';
import type { ProcessFacts } from '../../../src/core/verdict/process-facts.ts';
import { NO_REGISTER } from '../../../src/core/register/register.ts';
import type { SemaphoreSet } from '../../../src/core/verdict/semaphore-set.ts';
import type { Inspection, Snapshot } from '../../../src/core/verdict/snapshot.ts';
import type { UnitRun } from '../../../src/core/units/unit-run.ts';
import { type Judgement, type Verdict, judge } from '../../../src/core/verdict/verdict.ts';

// A quiet host: up for ten days, never asleep, its clock never stepped. Its apache2.service began an hour ago.

export const NOW_S = Date.UTC(2026, 2, 1, 12) / 1000;
export const UPTIME_S = 864_000;
export const OURS = 'ipc:[4026531839]';
export const UNIT = 'apache2.service';
/** www-data, the `User` of this host's httpd. */
export const UID = 33;
export const BEGAN_AGO_S = 3_600;
/** The first ctime that the httpd of this host could have made: two seconds of margin before its unit began. */
export const SINCE_S = NOW_S - BEGAN_AGO_S - 2;

export const startedAgo = (seconds: number): number => (UPTIME_S - seconds) * 1000;

export const stamp = (agoS: number, stepS = 0): Stamp => ({
  realMs: (NOW_S - agoS - stepS) * 1000,
  monotonicMs: startedAgo(agoS),
});

export const run = (agoS: number, stamps: Stamp[] = []): Fact<UnitRun> =>
  known({
    began: stamp(agoS),
    stamps,
    leavesNobody: true,
    isActive: true,
    invocationId: runId(agoS),
    startPid: 0,
    main: null,
  });

/** An InvocationID for a run that began then. */
export const runId = (agoS: number): string => String(agoS).padStart(32, '0');

/** By default a mutex that was made two hours ago: an orphan, unless something speaks for it. */
export const set = (over: Partial<SemaphoreSet> = {}): SemaphoreSet => ({
  id: 7,
  key: 0,
  mode: 0o600,
  nsems: 1,
  uid: UID,
  gid: UID,
  cuid: 0,
  cgid: 0,
  otime: 0,
  ctime: NOW_S - 7_200,
  ...over,
});

const four = (uid: number): number[] => [uid, uid, uid, uid];

export const master = (over: Partial<ProcessFacts> = {}): ProcessFacts => {
  const pid = over.pid ?? 800;
  return {
    pid,
    ppid: 1,
    pgrp: pid,
    session: pid,
    startedMs: startedAgo(BEGAN_AGO_S - 1),
    uids: four(0),
    startedAs: known([0, 0]),
    ipcNamespace: known(OURS),
    exe: known({ path: '/usr/sbin/apache2', deleted: false }),
    isHttpd: known(true),
    unit: known(UNIT),
    ...over,
  };
};

export const worker = (over: Partial<ProcessFacts> & { uid?: number } = {}): ProcessFacts => {
  const { uid = UID, ...facts } = over;
  const ppid = facts.ppid ?? 800;
  return master({ pid: 801, ppid, pgrp: ppid, session: ppid, uids: four(uid), ...facts });
};

/** A running httpd: pids 800 and 801. */
export const server = [master(), worker()];

/** A worker whose master, pid 700, is dead. */
export const orphanedWorker = (over: Partial<ProcessFacts> = {}): ProcessFacts =>
  worker({ pid: 701, ppid: 1, pgrp: 700, session: 700, ...over });

export const otherProgram = (over: Partial<ProcessFacts> & { uid?: number } = {}): ProcessFacts => {
  const { uid = 1000, ...facts } = over;
  return master({
    pid: 900,
    uids: four(uid),
    exe: known({ path: '/usr/bin/python3', deleted: false }),
    isHttpd: known(false),
    ...facts,
  });
};

export interface Scene extends Partial<Omit<Snapshot, 'sets' | 'inspections' | 'unitRuns'>> {
  sets?: SemaphoreSet[];
  inspections?: Record<number, Partial<Inspection>>;
  unitRuns?: Record<string, Fact<UnitRun>>;
}

/** The sets of a scene with a register are inspected, unless it says otherwise. */
export function snapshot({ sets = [set()], inspections, unitRuns, ...facts }: Scene = {}): Snapshot {
  const processes = facts.processes ?? [];
  return {
    clock: { realMs: NOW_S * 1000, monotonicMs: UPTIME_S * 1000, bootMs: UPTIME_S * 1000 },
    ipcNamespace: known(OURS),
    limits: known({ maxSets: 128, maxSemaphores: 32_000 }),
    visibility: known('machine'),
    owner: known({ uid: UID, starterUid: 0 }),
    alivePids: new Set([1, ...processes.map(({ pid }) => pid)]),
    ...facts,
    sets: known(sets),
    processes,
    // A dead last pid and nobody waiting is what the kernel says of live and of leaked sets alike.
    inspections: new Map(
      Object.entries(
        inspections ?? (facts.register ? Object.fromEntries(sets.map(({ id }) => [id, {}])) : {}),
      ).map(([id, asked]) => [Number(id), known({ lastPid: 4_000_000, waiters: 0, ...asked })]),
    ),
    unitRuns: new Map(Object.entries(unitRuns ?? { [UNIT]: run(BEGAN_AGO_S) })),
    lookedMs: UPTIME_S * 1000,
    forks: facts.forks ?? known({ before: 9_000, after: 9_001, pidMax: 32_768 }),
    register: facts.register ?? NO_REGISTER,
  };
}

/** The judgement of the first set. */
export function first(scene: Scene): Judgement {
  const [judgement] = judge(snapshot(scene));
  if (judgement === undefined) throw new Error('the scene has no set');
  return judgement;
}

export const verdictOf = (scene: Scene): Verdict => first(scene).verdict;
export const rulesOf = (scene: Scene): string[] => first(scene).evidence.map(({ rule }) => rule);
