import { type Fact, known, unknown } from '../../core/fact.ts';
import { lastPids } from '../../core/verdict/candidate-processes.ts';
import { type MutexOwner, isInspected } from '../../core/verdict/semaphore-set.ts';
import type { Forks, Inspection, Snapshot } from '../../core/verdict/snapshot.ts';
import { canKnowSets } from '../../core/verdict/who-can-know.ts';
import type { Register } from '../../core/register/register.ts';
import type { UnitRun } from '../../core/units/unit-run.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { steadyMs } from '../../host/exec/steady-ms.ts';
import { readRegister } from '../../host/state/register.ts';
import { readClock } from '../../host/proc/clock.ts';
import { readForkCount, readPidMax } from '../../host/proc/forks.ts';
import { ProcessScan, type ProcessTable, type ScanQuestion } from '../../host/proc/process-scan.ts';
import { SemaphoreTool } from '../../host/sysvipc/semaphore-tool.ts';
import { readSemaphoreLimits, readSemaphoreSets } from '../../host/sysvipc/tables.ts';
import { readOwnIpcNamespace, readVisibility } from '../../host/proc/visibility.ts';

export interface SnapshotQuestion {
  owner: Fact<MutexOwner>;
  /** Inspects the sets of that owner; null if the owner is unknown. */
  tool: SemaphoreTool | null;
  systemd: SystemdSession;
  /** A unit whose run has just ended, so that no process is left of it; null if there is none. */
  ended: string | null;
}

/**
 * Reads all facts for the verdict. The table is read first: a process that is found afterwards may use its sets, but one that
 * starts later cannot. Single sets are inspected meanwhile.
 */
export async function takeSnapshot({ owner, tool, systemd, ended }: SnapshotQuestion): Promise<Snapshot> {
  // Before the table: what another guard writes from now on may be about processes that this look does not see.
  const lookedMs = readClock().bootMs;
  const register = readRegister(lookedMs);
  const forksBefore = readForkCount();
  const sets = await readSemaphoreSets((some) => {
    if (owner.known) tool?.ask(some.filter((set) => isInspected(set, owner.value)).map(({ id }) => id));
  });
  const scan = new ProcessScan({
    ...whoMatters(owner, register),
    ourPid: tool?.pid ?? null,
    deadlineMs: scanEnd(systemd),
  });
  scan.listUntilStable();
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
    unitRuns: await readUnitRuns(table, ended, systemd),
    clock: readClock(),
    lookedMs,
    forks: forksSince(forksBefore),
    register,
  };
}

type WhoMatters = Pick<ScanQuestion, 'serverUids' | 'ordinaryStarterUid' | 'canKnow'>;

function whoMatters(owner: Fact<MutexOwner>, { seen }: Register): WhoMatters {
  // Without an owner nothing is judged, but httpds are shown.
  if (!owner.known) return { serverUids: [0], ordinaryStarterUid: null, canKnow: () => true };
  const { uid, starterUid } = owner.value;
  const usedBy = [...seen.values()].flatMap((one) => (one.run === null ? [] : [one.uid]));
  return {
    // Processes of mod_wsgi run as the owners of other sets.
    serverUids: [...new Set([0, uid, starterUid, ...usedBy])],
    ordinaryStarterUid: starterUid === 0 ? null : starterUid,
    canKnow: (process) => canKnowSets(process, owner.value),
  };
}

/** The part of the time that the scan may take; the kernel and systemd must be asked as well. */
const SCAN_SHARE = 0.6;

function scanEnd(systemd: SystemdSession): number {
  return steadyMs() + systemd.leftMs() * SCAN_SHARE;
}

function forksSince(before: Fact<number>): Fact<Forks> {
  const [after, pidMax] = [readForkCount(), readPidMax()];
  if (!before.known) return before;
  if (!after.known) return after;
  return pidMax.known ? known({ before: before.value, after: after.value, pidMax: pidMax.value }) : pidMax;
}

/** A snapshot for read-only use. */
export async function readSnapshot(owner: Fact<MutexOwner>, systemd: SystemdSession): Promise<Snapshot> {
  const tool = owner.known ? new SemaphoreTool(owner.value, systemd.deadlineMs) : null;
  try {
    return await takeSnapshot({ owner, tool, systemd, ended: null });
  } finally {
    tool?.close();
  }
}

/** systemd answers within milliseconds unless it hangs. */
const UNIT_RUNS_TIMEOUT_MS = 1_000;

/** The runs of the units of all processes that may use sets, and of one that has ended. */
async function readUnitRuns(
  { processes }: ProcessTable,
  ended: string | null,
  systemd: SystemdSession,
): Promise<Map<string, Fact<UnitRun>>> {
  const names = new Set(processes.flatMap(({ unit }) => (unit.known ? [unit.value] : [])));
  if (ended !== null) names.add(ended);
  const session = systemd.atMost(UNIT_RUNS_TIMEOUT_MS);
  const runs = await Promise.all(
    [...names].map(async (name): Promise<[string, Fact<UnitRun>]> => {
      const unit = await session.ask((open) => open.readUnit(name));
      if (!unit.known) return [name, unit];
      return [
        name,
        unit.value.run.began.realMs === 0
          ? unknown(`systemd does not report the start of ${name}`)
          : known(unit.value.run),
      ];
    }),
  );
  return new Map(runs);
}
