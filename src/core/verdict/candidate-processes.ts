import { clockStepMs, wallStartMs } from '../clock.ts';
import { type ProcessFacts, isOlderThanRun } from './process-facts.ts';
import type { SemaphoreSet } from './semaphore-set.ts';
import type { Snapshot } from './snapshot.ts';

/** Pid numbers are used again: a process that began this long after the last operation on a set did not do it. */
const REUSE_MARGIN_MS = 2_000;

/** The living processes of this IPC namespace that may use httpd's sets: httpds, and whoever was seen to use one. */
export function candidateProcesses(snapshot: Snapshot): ProcessFacts[] {
  const lastUsers = livingLastUsers(snapshot);
  const starterUid = snapshot.owner.known ? snapshot.owner.value.starterUid : 0;
  return snapshot.processes.filter((process) => {
    if (isElsewhere(process, snapshot)) return false;
    if (!process.isHttpd.known || process.isHttpd.value || lastUsers.has(process.pid)) return true;
    // Anything an ordinary user runs can make sets that look like those of a server the same user runs.
    return starterUid !== 0 && process.uids.includes(starterUid);
  });
}

function isElsewhere(process: ProcessFacts, snapshot: Snapshot): boolean {
  const theirs = process.ipcNamespace;
  const ours = snapshot.ipcNamespace;
  return theirs.known && ours.known && theirs.value !== ours.value;
}

/**
 * The last users of sets (semctl(2), GETPID) that live and cannot be shown to be younger than that use: each uses its
 * set, whatever its name. A dead last user says nothing.
 */
export function livingLastUsers(snapshot: Snapshot): ReadonlySet<number> {
  const pids = new Set<number>();
  if (!snapshot.sets.known) return pids;
  // On a full table of the dead there is nothing to look at set by set.
  if (![...lastPids(snapshot)].some((pid) => snapshot.alivePids.has(pid))) return pids;
  const byPid = new Map(snapshot.processes.map((process) => [process.pid, process]));
  for (const set of snapshot.sets.value) {
    const inspection = snapshot.inspections.get(set.id);
    if (inspection?.known !== true || !snapshot.alivePids.has(inspection.value.lastPid)) continue;
    const { lastPid } = inspection.value;
    const process = byPid.get(lastPid);
    if (process === undefined || !beganAfterLastUse(process, set, snapshot)) pids.add(lastPid);
  }
  return pids;
}

/** The last users of all sets that were asked about, living or dead. */
export function lastPids({ inspections }: Pick<Snapshot, 'inspections'>): Set<number> {
  const pids = new Set<number>();
  for (const inspection of inspections.values()) if (inspection.known) pids.add(inspection.value.lastPid);
  return pids;
}

/**
 * Whether a last pid's number was used again: by a program that is surely not httpd, and that began later. Which of the
 * two came first only a clock can tell that was not stepped since the program's unit began, before the program.
 */
function beganAfterLastUse(process: ProcessFacts, set: SemaphoreSet, { unitRuns, clock }: Snapshot): boolean {
  if (!process.isHttpd.known || process.isHttpd.value) return false;
  const run = process.unit.known ? unitRuns.get(process.unit.value) : undefined;
  if (run?.known !== true || isOlderThanRun(process, run.value, clock)) return false;
  if (clockStepMs([run.value.began, ...run.value.stamps], clock) !== 0) return false;
  const lastUseMs = Math.max(set.ctime, set.otime) * 1000 + 999;
  return wallStartMs(process.startedMs, clock) > lastUseMs + REUSE_MARGIN_MS;
}
