import t from 'tap';
import type { Stamp } from '../../../src/core/clock.ts';
import { known } from '../../../src/core/fact.ts';
import type { ProcessFacts } from '../../../src/core/verdict/process-facts.ts';
import type { MutexOwner, SemaphoreSet } from '../../../src/core/verdict/semaphore-set.ts';
import type { Inspection } from '../../../src/core/verdict/snapshot.ts';
import type { UnitRun } from '../../../src/core/units/unit-run.ts';
import { judge } from '../../../src/core/verdict/verdict.ts';
import { Random } from './random.ts';
import { NOW_S, UID, master, otherProgram, set, snapshot, startedAgo, worker } from './snapshot-builder.ts';

// Histories are played out, and then judged by what is left to see. Who really knows a set is written down on the way.

interface History {
  owner: ReturnType<typeof known<MutexOwner>>;
  sets: SemaphoreSet[];
  processes: ProcessFacts[];
  unitRuns: Record<string, ReturnType<typeof known<UnitRun>>>;
  inspections: Record<number, Inspection>;
  /** Ids that a living process knows and may use: the kernel lets a set's user and maker, and root (ipc/util.c, ipcperms). */
  inUse: Set<number>;
  leaked: number;
}

const ROOTS: MutexOwner = { uid: UID, starterUid: 0 };
const ALICES: MutexOwner = { uid: 1000, starterUid: 1000 };

const four = (uid: number): number[] => [uid, uid, uid, uid];

/**
 * The wall clock may be stepped twice. Steps that are taken back between two stamps leave no trace, so of those only small
 * ones are played: within the tolerance.
 */
function play(random: Random, owner: MutexOwner): History {
  const history: History = {
    owner: known(owner),
    sets: [],
    processes: [],
    unitRuns: {},
    inspections: {},
    inUse: new Set(),
    leaked: 0,
  };
  const firstAgoS = random.from(1, 100_000);
  const secondAgoS = random.from(0, firstAgoS);
  const small = (): number => random.from(-1_400, 1_400) / 1000;
  const large = (): number => random.pick([-1, 1]) * random.from(2, 90_000);
  const [offS, thenOffS] = random.pick([
    [0, 0],
    [small(), small()],
    [large(), large()],
    [large(), 0],
  ] as const);
  const wallS = (agoS: number): number =>
    NOW_S - agoS + (agoS > firstAgoS ? offS : agoS > secondAgoS ? thenOffS : 0);
  const stampAt = (agoS: number): Stamp => ({ realMs: wallS(agoS) * 1000, monotonicMs: startedAgo(agoS) });

  for (const [u, unit] of ['apache2.service', 'apache2@a.service'].entries()) {
    const runs = random.some(0, 3, () => random.from(20, 90_000)).sort((a, b) => b - a);
    for (const [r, beganAgo] of runs.entries()) {
      begin(unit, beganAgo);
      server(
        10_000 * (u + 1) + 1_000 * r,
        unit,
        beganAgo,
        u === 0 ? owner.uid : random.pick([owner.uid, 48]),
        r === runs.length - 1,
      );
    }
  }
  if (random.chance(0.2)) daemon(50_000, random.from(20, 90_000));
  return history;

  function begin(unit: string, agoS: number): void {
    history.unitRuns[unit] = known({
      began: stampAt(agoS),
      stamps: [stampAt(Math.max(1, agoS - 5))],
      leavesNobody: true,
      isActive: true,
      invocationId: 'now',
      startPid: 0,
      main: null,
    });
  }

  function server(pid: number, unit: string, beganAgo: number, uid: number, isLast: boolean): void {
    const masterAgo = beganAgo - random.from(0, 50) / 100;
    // An earlier run may have been survived: KillMode=process, or a stop that timed out.
    const masterLives = random.chance(isLast ? 0.6 : 0.15);
    const diedAgo = masterLives ? 0 : random.from(0, Math.floor(masterAgo));
    const before = (agoS: number): number => agoS + random.next() * (masterAgo - agoS);
    const shared = { pgrp: pid, session: pid, unit: known(unit) };
    const workers = random
      .some(masterLives ? 1 : 0, 3, (i) =>
        worker({
          ...shared,
          pid: pid + 10 * (i + 1),
          ppid: masterLives ? pid : 1,
          // One that was only just forked is still root.
          uid: random.chance(0.1) ? owner.starterUid : uid,
          startedMs: startedAgo(before(diedAgo)),
        }),
      )
      .filter(() => masterLives || random.chance(0.3))
      .flatMap((one) => withScripts(one));
    const living = [
      ...(masterLives
        ? [
            master({
              ...shared,
              pid,
              uids: four(owner.starterUid),
              startedMs: startedAgo(masterAgo),
            }),
          ]
        : []),
      ...workers,
    ];
    history.processes.push(...living);
    for (let made = random.from(1, 3); made > 0; made--) {
      // At the start, by the launcher, or at a graceful restart.
      const madeAgo = random.chance(0.6) ? beganAgo : before(diedAgo);
      // `User` may have been another then; mod_wsgi makes sets for other users at any time.
      const setUid = owner.starterUid === 0 && random.chance(0.2) ? random.pick([owner.uid, 48]) : uid;
      make(madeAgo, setUid, diedAgo, living);
    }
  }

  /** What runs in a worker of `User` may call setsid(2) or setpgid(2), and fork. */
  function withScripts(one: ProcessFacts): ProcessFacts[] {
    if (owner.starterUid !== 0 || one.uids.includes(0)) return [one];
    const { pid } = one;
    const leading = random.pick([{}, {}, {}, { pgrp: pid }, { pgrp: pid, session: pid }]);
    const scripted = { ...one, ...leading };
    if (random.chance(0.7)) return [scripted];
    const startedMs = one.startedMs + random.next() * (startedAgo(0) - one.startedMs);
    return [scripted, { ...scripted, pid: pid + 1, ppid: pid, startedMs }];
  }

  function make(madeAgo: number, uid: number, diedAgo: number, living: ProcessFacts[]): void {
    const id = history.sets.length;
    const usedAgo = random.chance(0.5)
      ? null
      : living.length > 0
        ? random.next() * madeAgo
        : diedAgo + random.next() * Math.max(0, madeAgo - diedAgo);
    history.sets.push(
      set({
        id,
        uid,
        cuid: owner.starterUid,
        ctime: Math.floor(wallS(madeAgo) - 0.01),
        otime: usedAgo === null ? 0 : Math.floor(wallS(usedAgo) - 0.01),
      }),
    );
    if (living.some(({ uids }) => uids.some((one) => [uid, owner.starterUid, 0].includes(one))))
      history.inUse.add(id);
    else if (living.length === 0 && uid === owner.uid) history.leaked++;
    if (random.chance(0.5)) history.inspections[id] = inspect(living, usedAgo ?? madeAgo, id);
  }

  function inspect(living: ProcessFacts[], usedAgo: number, id: number): Inspection {
    const [one] = living.filter(({ startedMs }) => startedMs <= startedAgo(usedAgo));
    const lastPid = one !== undefined && random.chance(0.5) ? one.pid : 4_000_000;
    if (lastPid !== 4_000_000 || random.chance(0.8)) return { lastPid, waiters: 0 };
    // The number of a process that is gone was given to another one.
    const pid = 60_000 + id;
    const [unit, agoS] = [`other${id}.service`, random.next() * usedAgo];
    begin(unit, agoS + random.from(0, 50) / 100);
    history.processes.push(otherProgram({ pid, unit: known(unit), startedMs: startedAgo(agoS) }));
    return { lastPid: pid, waiters: 0 };
  }

  /** A program that is not known for httpd, and makes a set that looks like httpd's, is always the last to use it. */
  function daemon(pid: number, beganAgo: number): void {
    begin('own.service', beganAgo);
    const bornAgo = beganAgo - random.from(0, 100) / 100;
    const one = otherProgram({ pid, uid: 0, unit: known('own.service'), startedMs: startedAgo(bornAgo) });
    history.processes.push(one);
    const id = history.sets.length;
    make(random.next() * bornAgo, owner.uid, 0, [one]);
    history.inspections[id] = { lastPid: pid, waiters: 0 };
  }
}

for (const [who, owner, share] of [
  ['root', ROOTS, 1 / 6],
  ['an ordinary user', ALICES, 1 / 6],
] as const) {
  void t.test(
    `where ${who} starts httpd, no set that a living process can use is called an orphan, whatever the history`,
    async (t) => {
      let found = 0;
      let leaked = 0;
      for (let seed = 1; seed <= 5_000; seed++) {
        const { inUse, leaked: left, ...scene } = play(new Random(seed), owner);
        const orphans = judge(snapshot(scene)).filter(({ verdict }) => verdict === 'orphan');
        const wrong = orphans.filter(({ set }) => inUse.has(set.id));
        if (wrong.length > 0) {
          t.fail(`seed ${seed}: ${JSON.stringify({ wrong, scene })}`);
          return;
        }
        found += orphans.length;
        leaked += left;
      }
      t.ok(found > leaked * share, `of ${leaked} leaked sets ${found} were found`);
    },
  );
}
