import { type Fact, known, unknown } from '../core/fact.ts';
import {
  type MutexOwner,
  type SemaphoreSet,
  differsFromMutex,
  differsFromOwner,
} from '../core/semaphore-set.ts';
import type { Inspection, Snapshot, UnitRun } from '../core/snapshot.ts';
import { readClock } from './clock.ts';
import { inspectSets } from './inspect-sets.ts';
import { type ProcessTable, readProcessTable } from './process-table.ts';
import { readSemaphoreLimits, readSemaphoreSets } from './sysvipc.ts';
import { readOwnIpcNamespace, readView } from './view.ts';

export interface SnapshotQuestion {
  owner: Fact<MutexOwner>;
  /** On performance.now()'s clock. */
  deadlineMs: number;
}

/**
 * Reads all that the verdict stands on. The table comes first: who is found alive afterwards may use what is in it, and
 * who began later cannot.
 */
export async function takeSnapshot({ owner, deadlineMs }: SnapshotQuestion): Promise<Snapshot> {
  const sets = readSemaphoreSets();
  const inspections = await inspectSets(candidates(sets, owner), deadlineMs);
  const table = readProcessTable({ uids: uidsOf(owner), pids: lastPids(inspections) });
  const view = readView();
  return {
    sets,
    limits: readSemaphoreLimits(),
    ipcNamespace: readOwnIpcNamespace(),
    owner,
    inspections,
    processes: table.processes,
    alivePids: table.alivePids,
    view: view.known && !table.readable.known ? table.readable : view,
    unitRuns: await readUnitRuns(table, deadlineMs),
    clock: readClock(),
  };
}

/** The sets that may be httpd's: the only ones whose last user matters. */
function candidates(sets: Fact<SemaphoreSet[]>, owner: Fact<MutexOwner>): number[] {
  if (!sets.known || !owner.known) return [];
  const mutexes = sets.value.filter(
    (set) => differsFromMutex(set) === null && differsFromOwner(set, owner.value) === null,
  );
  return mutexes.map(({ id }) => id);
}

function uidsOf(owner: Fact<MutexOwner>): Set<number> {
  // Root runs most programs; only another starter's are worth looking into.
  return new Set(owner.known ? [owner.value.uid, owner.value.starterUid].filter((uid) => uid !== 0) : []);
}

function lastPids(inspections: ReadonlyMap<number, Fact<Inspection>>): Set<number> {
  return new Set(
    [...inspections.values()].flatMap((inspection) => (inspection.known ? [inspection.value.lastPid] : [])),
  );
}

/** When the units of all living httpds began. With no httpd alive nobody asks, and systemd's library is not even loaded. */
async function readUnitRuns(
  { processes }: ProcessTable,
  deadlineMs: number,
): Promise<Map<string, Fact<UnitRun>>> {
  const names = [...new Set(processes.flatMap(({ unit }) => (unit.known ? [unit.value] : [])))];
  if (names.length === 0) return new Map();
  const { Systemd } = await import('./systemd.ts');
  const systemd = await Systemd.connect(Math.max(1, Math.min(1_000, deadlineMs - performance.now())));
  if (!systemd.known) return new Map(names.map((name) => [name, systemd]));
  try {
    const runs = await Promise.all(
      names.map(async (name): Promise<[string, Fact<UnitRun>]> => {
        const unit = await systemd.value.readUnit(name);
        if (!unit.known) return [name, unit];
        return [
          name,
          unit.value.run.began.realMs === 0
            ? unknown(`systemd does not say when ${name} began`)
            : known(unit.value.run),
        ];
      }),
    );
    return new Map(runs);
  } finally {
    systemd.value.disconnect();
  }
}
