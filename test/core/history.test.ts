import t from 'tap';
import type { Stamp } from '../../src/core/clock.ts';
import { known } from '../../src/core/fact.ts';
import type { ProcessFacts } from '../../src/core/process-facts.ts';
import type { SemaphoreSet } from '../../src/core/semaphore-set.ts';
import type { UnitRun } from '../../src/core/snapshot.ts';
import { judge } from '../../src/core/verdict.ts';
import { Random } from './random.ts';
import { NOW_S, UID, master, set, snapshot, startedAgo, worker } from './snapshot-builder.ts';

// Histories are played out, and then judged by what is left to see. Who really knows a set is written down on the way.

interface History {
  sets: SemaphoreSet[];
  processes: ProcessFacts[];
  unitRuns: Record<string, ReturnType<typeof known<UnitRun>>>;
  /** Ids that a living process knows. */
  inUse: Set<number>;
  leaked: number;
}

/**
 * The wall clock may be stepped twice. Steps that are taken back between two stamps leave no trace, so of those only small
 * ones are played: within the tolerance.
 */
function play(random: Random): History {
  const history: History = { sets: [], processes: [], unitRuns: {}, inUse: new Set(), leaked: 0 };
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
      history.unitRuns[unit] = known({
        began: stampAt(beganAgo),
        stamps: [stampAt(Math.max(1, beganAgo - 5))],
      });
      server(
        10_000 * (u + 1) + 1_000 * r,
        unit,
        beganAgo,
        u === 0 ? UID : random.pick([UID, 48]),
        r === runs.length - 1,
      );
    }
  }
  return history;

  function server(pid: number, unit: string, beganAgo: number, uid: number, isLast: boolean): void {
    const masterAgo = beganAgo - random.from(0, 50) / 100;
    // An earlier run may have been survived: KillMode=process, or a stop that timed out.
    const masterLives = random.chance(isLast ? 0.6 : 0.15);
    const diedAgo = masterLives ? 0 : random.from(0, Math.floor(masterAgo));
    const workers = random
      .some(masterLives ? 1 : 0, 3, (i) =>
        worker({
          pid: pid + 1 + i,
          ppid: masterLives ? pid : 1,
          pgrp: pid,
          session: pid,
          uid,
          unit: known(unit),
          startedMs: startedAgo(diedAgo + random.next() * (masterAgo - diedAgo)),
        }),
      )
      .filter(() => masterLives || random.chance(0.3));
    const living = [
      ...(masterLives ? [master({ pid, unit: known(unit), startedMs: startedAgo(masterAgo) })] : []),
      ...workers,
    ];
    history.processes.push(...living);
    for (let made = random.from(1, 3); made > 0; made--) {
      // At the start, by the launcher, or at a graceful restart.
      const madeAgo = random.chance(0.6) ? beganAgo : diedAgo + random.next() * (masterAgo - diedAgo);
      const id = history.sets.length;
      history.sets.push(set({ id, uid, ctime: Math.floor(wallS(madeAgo) - 0.01) }));
      if (living.length > 0) history.inUse.add(id);
      else if (uid === UID) history.leaked++;
    }
  }
}

void t.test('whatever the history, no set that a living process knows is called an orphan', async (t) => {
  let found = 0;
  let leaked = 0;
  for (let seed = 1; seed <= 5_000; seed++) {
    const { inUse, leaked: left, ...scene } = play(new Random(seed));
    const orphans = judge(snapshot(scene)).filter(({ verdict }) => verdict === 'orphan');
    const wrong = orphans.filter(({ set }) => inUse.has(set.id));
    if (wrong.length > 0) {
      t.fail(`seed ${seed}: ${JSON.stringify(wrong)}`);
      return;
    }
    found += orphans.length;
    leaked += left;
  }
  t.ok(found > leaked / 4, `of ${leaked} leaked sets ${found} were found`);
});
