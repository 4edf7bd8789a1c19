import { type Fact, known, unknown } from '../core/fact.ts';
import { lastPids } from '../core/verdict/candidate-processes.ts';
import { type MutexOwner, mayBeMutexOf } from '../core/verdict/semaphore-set.ts';
import type { Inspection, Snapshot } from '../core/verdict/snapshot.ts';
import type { UnitRun } from '../core/units/unit-run.ts';
import { readClock } from '../host/proc/clock.ts';
import { ProcessScan, type ProcessTable } from '../host/proc/process-scan.ts';
import { SemaphoreTool } from '../host/sysvipc/semaphore-tool.ts';
import { readSemaphoreLimits, readSemaphoreSets } from '../host/sysvipc/tables.ts';
import { readOwnIpcNamespace, readVisibility } from '../host/proc/visibility.ts';

export interface SnapshotQuestion {
  owner: Fact<MutexOwner>;
  /** Asks about the sets of that owner; null when nobody knows whose they would be. */
  tool: SemaphoreTool | null;
  /** On performance.now()'s clock. */
  deadlineMs: number;
}

/**
 * Reads all that the verdict stands on. The table comes first: who is found alive afterwards may use what is in it, and
 * who began later cannot. The kernel is asked about single sets meanwhile.
 */
export async function takeSnapshot({ owner, tool, deadlineMs }: SnapshotQuestion): Promise<Snapshot> {
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
    unitRuns: await readUnitRuns(table, deadlineMs),
    clock: readClock(),
  };
}

/** Looks only: nothing will be removed. */
export async function lookOnce(owner: Fact<MutexOwner>, deadlineMs: number): Promise<Snapshot> {
  const tool = owner.known ? new SemaphoreTool(owner.value, deadlineMs) : null;
  try {
    return await takeSnapshot({ owner, tool, deadlineMs });
  } finally {
    tool?.close();
  }
}

/** When the units of all possible users began. With none alive nobody asks, and systemd's library is not even loaded. */
async function readUnitRuns(
  { processes }: ProcessTable,
  deadlineMs: number,
): Promise<Map<string, Fact<UnitRun>>> {
  const names = [...new Set(processes.flatMap(({ unit }) => (unit.known ? [unit.value] : [])))];
  if (names.length === 0) return new Map();
  const { Systemd } = await import('../host/systemd/systemd.ts');
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
