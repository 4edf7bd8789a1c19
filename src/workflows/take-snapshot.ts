import { type Fact, known, unknown } from '../core/fact.ts';
import { lastPids } from '../core/verdict/candidate-processes.ts';
import { type MutexOwner, mayBeMutexOf } from '../core/verdict/semaphore-set.ts';
import type { Inspection, Snapshot } from '../core/verdict/snapshot.ts';
import type { UnitRun } from '../core/units/unit-run.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';
import { readClock } from '../host/proc/clock.ts';
import { ProcessScan, type ProcessTable } from '../host/proc/process-scan.ts';
import { SemaphoreTool } from '../host/sysvipc/semaphore-tool.ts';
import { readSemaphoreLimits, readSemaphoreSets } from '../host/sysvipc/tables.ts';
import { readOwnIpcNamespace, readVisibility } from '../host/proc/visibility.ts';

export interface SnapshotQuestion {
  owner: Fact<MutexOwner>;
  /** Asks about the sets of that owner; null when nobody knows whose they would be. */
  tool: SemaphoreTool | null;
  systemd: SystemdSession;
}

/**
 * Reads all that the verdict stands on. The table comes first: who is found alive afterwards may use what is in it, and
 * who began later cannot. The kernel is asked about single sets meanwhile.
 */
export async function takeSnapshot({ owner, tool, systemd }: SnapshotQuestion): Promise<Snapshot> {
  const sets = await readSemaphoreSets((some) => {
    if (owner.known) tool?.ask(some.filter((set) => mayBeMutexOf(set, owner.value)).map(({ id }) => id));
  });
  const scan = new ProcessScan(owner.known ? owner.value : null, tool?.pid ?? null);
  scan.lookUntilSettled();
  const inspections = (await tool?.answers()) ?? new Map<number, Fact<Inspection>>();
  scan.add(lastPids({ inspections }));
  const table = scan.result();
  const visibility = readVisibility();
  return {
    sets,
    limits: readSemaphoreLimits(),
    ipcNamespace: readOwnIpcNamespace(),
    owner,
    inspections,
    processes: table.processes,
    alivePids: table.alivePids,
    visibility: visibility.known && !table.readable.known ? table.readable : visibility,
    unitRuns: await readUnitRuns(table, systemd),
    clock: readClock(),
  };
}

/** Looks only: nothing will be removed. */
export async function lookOnce(owner: Fact<MutexOwner>, systemd: SystemdSession): Promise<Snapshot> {
  const tool = owner.known ? new SemaphoreTool(owner.value, systemd.deadlineMs) : null;
  try {
    return await takeSnapshot({ owner, tool, systemd });
  } finally {
    tool?.close();
  }
}

/** systemd answers in some milliseconds, or it hangs. */
const UNIT_RUNS_TIMEOUT_MS = 1_000;

/** When the units of all possible users began. With none alive nobody asks. */
async function readUnitRuns(
  { processes }: ProcessTable,
  systemd: SystemdSession,
): Promise<Map<string, Fact<UnitRun>>> {
  const names = [...new Set(processes.flatMap(({ unit }) => (unit.known ? [unit.value] : [])))];
  const session = systemd.atMost(UNIT_RUNS_TIMEOUT_MS);
  const runs = await Promise.all(
    names.map(async (name): Promise<[string, Fact<UnitRun>]> => {
      const unit = await session.ask((open) => open.readUnit(name));
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
}
