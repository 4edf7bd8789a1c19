import { earliestCtime, wallStartMs } from './clock.ts';
import { type Fact, unknown } from './fact.ts';
import type { ProcessFacts } from './process-facts.ts';
import type { SemaphoreSet } from './semaphore-set.ts';
import type { Snapshot } from './snapshot.ts';

export type Role = 'master' | 'orphaned-workers' | 'other-program';

/**
 * Living processes of one origin. An IPC_PRIVATE set is known only to a process alive when it was made and to
 * descendants of one, so what a lineage may use is bounded by when its origin began.
 */
export interface Lineage {
  role: Role;
  /** The topmost living process; for orphaned workers, one of them. */
  root: ProcessFacts;
  members: ProcessFacts[];
  /** Wall-clock seconds: a set with a smaller ctime was there before this lineage, which cannot know it. */
  since: Fact<number>;
}

/** A start time comes in ticks of 10 ms: a process may seem that much older than the unit it was started by. */
const TICK_MARGIN_MS = 20;

/** Pid numbers are used again: a last user that began this long after the last operation is another process. */
const REUSE_MARGIN_MS = 2_000;

/** Groups the living processes that may use sets of this table into lineages. */
export function lineages(snapshot: Snapshot): Lineage[] {
  const users = possibleUsers(snapshot);
  const byPid = new Map(users.map((process) => [process.pid, process]));
  const groups = new Map<string, ProcessFacts[]>();
  for (const process of users) {
    const root = rootOf(process, byPid);
    const key = isOrphan(root, users, snapshot) ? `session ${root.session}` : `pid ${root.pid}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [process]);
    else group.push(process);
  }
  return [...groups.values()].map((members) => lineage(members, users, byPid, snapshot));
}

/** The last users of sets, where they live and were there at the last operation: such a process uses its set, whatever its name. */
export function livingLastUsers(snapshot: Snapshot): Set<number> {
  const pids = new Set<number>();
  if (!snapshot.sets.known) return pids;
  const byPid = new Map(snapshot.processes.map((process) => [process.pid, process]));
  for (const set of snapshot.sets.value) {
    const inspection = snapshot.inspections.get(set.id);
    if (inspection?.known !== true) continue;
    const process = byPid.get(inspection.value.lastPid);
    if (process !== undefined && wasThereAtLastUse(process, set, snapshot)) pids.add(process.pid);
  }
  return pids;
}

function wasThereAtLastUse(process: ProcessFacts, set: SemaphoreSet, snapshot: Snapshot): boolean {
  const lastUseMs = Math.max(set.ctime, set.otime) * 1000 + 999;
  return wallStartMs(process.startedMs, snapshot.clock) <= lastUseMs + REUSE_MARGIN_MS;
}

function possibleUsers(snapshot: Snapshot): ProcessFacts[] {
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

function rootOf(process: ProcessFacts, byPid: ReadonlyMap<number, ProcessFacts>): ProcessFacts {
  let root = process;
  // The bound is for a table that changed while it was read: parents can then seem to form a circle.
  for (let steps = 0; steps < byPid.size; steps++) {
    const parent = byPid.get(root.ppid);
    if (parent === undefined) return root;
    root = parent;
  }
  return root;
}

/**
 * A worker whose master is dead: it leads no process group, and whoever led its group is gone (or is another worker).
 * httpd's master leads its own group, having called setsid(2) or having been started by systemd or a shell.
 */
function isOrphan(root: ProcessFacts, users: readonly ProcessFacts[], snapshot: Snapshot): boolean {
  if (root.pid === root.pgrp || root.pid === root.session) return false;
  if (users.some((process) => process.ppid === root.pid)) return false;
  return !snapshot.alivePids.has(root.pgrp) || users.some((process) => process.pid === root.pgrp);
}

function lineage(
  members: ProcessFacts[],
  users: readonly ProcessFacts[],
  byPid: ReadonlyMap<number, ProcessFacts>,
  snapshot: Snapshot,
): Lineage {
  const root = members
    .map((process) => rootOf(process, byPid))
    .reduce((a, b) => (b.startedMs < a.startedMs ? b : a));
  const role = roleOf(root, users, snapshot);
  return { role, root, members, since: since(root, role, snapshot) };
}

function roleOf(root: ProcessFacts, users: readonly ProcessFacts[], snapshot: Snapshot): Role {
  if (root.isHttpd.known && !root.isHttpd.value) return 'other-program';
  return isOrphan(root, users, snapshot) ? 'orphaned-workers' : 'master';
}

/**
 * How old a lineage can be at most. A daemonised master is younger than the launcher that made some of its sets and is
 * gone (httpd: server/main.c; the ssl-cache mutex is made before mpm_*.c calls apr_proc_detach), but both were born into
 * one control group, and nothing was in that before its unit's run began.
 */
function since(root: ProcessFacts, role: Role, snapshot: Snapshot): Fact<number> {
  if (role === 'orphaned-workers')
    return unknown(`its master, pid ${root.pgrp}, is dead, and nobody knows how old that was`);
  if (!root.unit.known) return root.unit;
  const run = snapshot.unitRuns.get(root.unit.value) ?? unknown(`${root.unit.value} was not asked about`);
  if (!run.known) return run;
  const asleepMs = snapshot.clock.bootMs - snapshot.clock.monotonicMs;
  if (root.startedMs + TICK_MARGIN_MS < run.value.began.monotonicMs + asleepMs) {
    return unknown(`it is older than the present run of ${root.unit.value}`);
  }
  return earliestCtime(run.value.began, run.value.stamps, snapshot.clock);
}

/** Whether a process of this lineage can know the set. `why` says what decided. */
export function couldKnow(lineage: Lineage, set: SemaphoreSet): { could: boolean; why: string } {
  const { since } = lineage;
  if (since.known && set.ctime < since.value) {
    return {
      could: false,
      why: `last changed ${since.value - set.ctime} s or more before ${name(lineage)} could have made it`,
    };
  }
  if (makesOnlyItsOwn(lineage) && !lineage.members.some((process) => process.uids.includes(set.uid))) {
    return { could: false, why: `uid ${set.uid} is of no process of ${name(lineage)}` };
  }
  return {
    could: true,
    why: since.known
      ? `${name(lineage)} was there when it was last changed`
      : `${name(lineage)}: ${since.why}`,
  };
}

/** Whether its sets all belong to the one user its workers run as: so it is with httpd, but for a few modules. */
function makesOnlyItsOwn({ role, root, members }: Lineage): boolean {
  if (role !== 'master' || !root.mixesUsers.known || root.mixesUsers.value) return false;
  const workers = members.filter((process) => process.pid !== root.pid);
  return workers.length > 0 && new Set(workers.flatMap((process) => process.uids)).size === 1;
}

/** How people know a lineage: "httpd 812 (apache2.service)". */
export function name({ role, root, members }: Lineage): string {
  const unit = root.unit.known ? ` (${root.unit.value})` : '';
  switch (role) {
    case 'master':
      return `httpd ${root.pid}${unit}`;
    case 'orphaned-workers':
      return `${members.length} orphaned httpd worker${members.length === 1 ? '' : 's'} (pid ${root.pid}${members.length === 1 ? '' : ' and others'})`;
    case 'other-program':
      return `process ${root.pid}, ${root.exe.known ? root.exe.value.path : 'of an unknown program'},`;
  }
}
