import { clockStepMs, wallStartMs } from '../clock.ts';
import { type ProcessFacts, isOlderThanRun } from './process-facts.ts';
import { isClaimed } from '../register/register.ts';
import { type SemaphoreSet, mayBeMutexOf } from './semaphore-set.ts';
import type { Snapshot } from './snapshot.ts';
import { canKnowSets, canOperateOnSets } from './who-can-know.ts';

/** A process that started this long after the last operation on a set did not do it: its pid was reused. */
const REUSE_MARGIN_MS = 2_000;

/**
 * The running processes of this IPC namespace that may use httpd's sets: httpds that can know them, processes whose program is
 * unknown, and the last users of sets.
 */
export function candidateProcesses(snapshot: Snapshot): ProcessFacts[] {
  const lastUsers = livingLastUsers(snapshot);
  const starterUid = snapshot.owner.known ? snapshot.owner.value.starterUid : 0;
  return snapshot.processes.filter((process) => {
    if (isElsewhere(process, snapshot)) return false;
    if (lastUsers.has(process.pid)) return true;
    if (snapshot.owner.known && !canKnowSets(process, snapshot.owner.value)) return false;
    if (!process.isHttpd.known || process.isHttpd.value) return true;
    // Any program of an ordinary user can make sets that look like those of a server of the same user.
    return starterUid !== 0 && process.uids.includes(starterUid);
  });
}

function isElsewhere(process: ProcessFacts, snapshot: Snapshot): boolean {
  const other = process.ipcNamespace;
  const own = snapshot.ipcNamespace;
  return other.known && own.known && other.value !== own.value;
}

/**
 * The last users of sets (semctl(2), GETPID) that are running and not proven to be younger than that use: each uses its set,
 * whatever its program. A last user that has exited proves nothing.
 */
export function livingLastUsers(snapshot: Snapshot): ReadonlySet<number> {
  const pids = new Set<number>();
  if (!snapshot.sets.known) return pids;
  // Saves the loop over a table full of orphaned sets.
  if (![...lastPids(snapshot)].some((pid) => snapshot.alivePids.has(pid))) return pids;
  const owner = snapshot.owner.known ? snapshot.owner.value : null;
  const byPid = new Map(snapshot.processes.map((process) => [process.pid, process]));
  for (const set of snapshot.sets.value) {
    const inspection = snapshot.inspections.get(set.id);
    if (!mayBeOurs(set, snapshot)) continue;
    if (inspection?.known !== true || !snapshot.alivePids.has(inspection.value.lastPid)) continue;
    const { lastPid } = inspection.value;
    const process = byPid.get(lastPid);
    if (process !== undefined && owner !== null && !canOperateOnSets(process, owner)) continue;
    if (process === undefined || !beganAfterLastUse(process, set, snapshot)) pids.add(lastPid);
  }
  return pids;
}

/** Whether a set is httpd's by its owner uid, or by the register. */
function mayBeOurs(set: SemaphoreSet, { owner, register }: Snapshot): boolean {
  return owner.known && (mayBeMutexOf(set, owner.value) || isClaimed(set, { owner, register }));
}

/** The last users of all inspected sets, running or not. */
export function lastPids({ inspections }: Pick<Snapshot, 'inspections'>): Set<number> {
  const pids = new Set<number>();
  for (const inspection of inspections.values()) if (inspection.known) pids.add(inspection.value.lastPid);
  return pids;
}

/**
 * Whether the pid of a last user was reused by a program that is known not to be httpd and started later. That order is known
 * only if the wall clock was not stepped since the start of the program's unit.
 */
function beganAfterLastUse(process: ProcessFacts, set: SemaphoreSet, { unitRuns, clock }: Snapshot): boolean {
  if (!process.isHttpd.known || process.isHttpd.value) return false;
  const run = process.unit.known ? unitRuns.get(process.unit.value) : undefined;
  if (run?.known !== true || isOlderThanRun(process, run.value, clock)) return false;
  if (clockStepMs([run.value.began, ...run.value.stamps], clock) !== 0) return false;
  const lastUseMs = Math.max(set.ctime, set.otime) * 1000 + 999;
  return wallStartMs(process.startedMs, clock) > lastUseMs + REUSE_MARGIN_MS;
}
