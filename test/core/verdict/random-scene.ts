import { known, unknown } from '../../../src/core/fact.ts';
import type { ProcessFacts } from '../../../src/core/verdict/process-facts.ts';
import type { Random } from './random.ts';
import {
  NOW_S,
  OURS,
  type Scene,
  UID,
  master,
  orphanedWorker,
  otherProgram,
  run,
  set,
  startedAgo,
  worker,
} from './snapshot-builder.ts';

const UNITS = ['apache2.service', 'apache2@a.service', 'httpd.service'] as const;

/** Anything goes: servers, orphaned workers and strangers of all ages, and sets around every bound. */
export function randomScene(random: Random): Scene {
  const beganAgo = new Map<string, number>(UNITS.map((unit) => [unit, random.from(10, 80_000)]));
  const bounds = [...beganAgo.values()].flatMap((ago) => [ago + 1, ago + 2, ago + 3, ago - 1]);
  const sets = random.some(1, 6, (id) =>
    set({
      id,
      ctime: NOW_S - random.pick([random.from(0, 90_000), ...bounds]),
      otime: random.chance(0.5) ? 0 : NOW_S - random.from(0, 90_000),
      uid: random.chance(0.1) ? 48 : UID,
      key: random.chance(0.1) ? -5 : 0,
    }),
  );
  const processes = random.some(0, 3, (i) => randomServer(random, 1_000 * (i + 1), beganAgo)).flat();
  return {
    sets,
    processes,
    unitRuns: Object.fromEntries(
      [...beganAgo].map(([unit, ago]) => [unit, random.chance(0.15) ? unknown('no answer') : run(ago)]),
    ),
    inspections: Object.fromEntries(
      sets
        .filter(() => random.chance(0.3))
        .map(({ id }) => [
          id,
          {
            lastPid: random.pick([4_000_000, 4_000_001, 1_001, 2_000, random.chance(0.2) ? 0 : 9]),
            waiters: random.chance(0.05) ? 1 : 0,
          },
        ]),
    ),
  };
}

function randomServer(random: Random, pid: number, beganAgo: Map<string, number>): ProcessFacts[] {
  const unit = random.pick(UNITS);
  const startedMs = startedAgo(beganAgo.get(unit) ?? 0) + random.pick([-5_000, -21, -20, 0, 900, 4_000]);
  const shared = {
    startedMs,
    unit: random.chance(0.1) ? unknown('in no unit') : known(unit),
    ipcNamespace: random.pick([known(OURS), known(OURS), known('ipc:[9]'), unknown('gone')]),
  };
  const uid = random.chance(0.3) ? 48 : UID;
  if (random.chance(0.1)) return [otherProgram({ ...shared, pid, uid })];
  if (random.chance(0.2))
    return random.some(1, 2, (i) => orphanedWorker({ ...shared, pid: pid + 1 + i, pgrp: pid, session: pid }));
  return [
    master({ ...shared, pid }),
    ...random.some(0, 3, (i) => worker({ ...shared, pid: pid + 1 + i, ppid: pid, uid })),
  ];
}
