import { earliestCtime } from '../clock.ts';
import { type Fact, unknown } from '../fact.ts';
import { candidateProcesses } from './candidate-processes.ts';
import { type ProcessFacts, isOlderThanRun } from './process-facts.ts';
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

/** Groups the living processes that may use sets of this table into lineages. */
export function lineages(snapshot: Snapshot): Lineage[] {
  const users = candidateProcesses(snapshot);
  const byPid = new Map(users.map((process) => [process.pid, process]));
  const groups = new Map<string, { root: ProcessFacts; role: Role; members: ProcessFacts[] }>();
  for (const process of users) {
    const root = rootOf(process, byPid);
    const role = roleOf(root, users, snapshot);
    const key = role === 'orphaned-workers' ? `group ${root.pgrp}` : `pid ${root.pid}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { root, role, members: [process] });
    else group.members.push(process);
  }
  return [...groups.values()].map((group) => ({ ...group, since: since(group, snapshot) }));
}

function rootOf(process: ProcessFacts, byPid: ReadonlyMap<number, ProcessFacts>): ProcessFacts {
  let root = process;
  // Bounded, since a table that changed while it was read can show parents in a circle.
  for (let steps = 0; steps < byPid.size; steps++) {
    const parent = byPid.get(root.ppid);
    if (parent === undefined) return root;
    root = parent;
  }
  return root;
}

function roleOf(root: ProcessFacts, users: readonly ProcessFacts[], snapshot: Snapshot): Role {
  if (root.isHttpd.known && !root.isHttpd.value) return 'other-program';
  return isOrphan(root, users, snapshot) ? 'orphaned-workers' : 'master';
}

/**
 * A worker whose master is dead. The master of a server that root starts stays root, so a topmost process that runs as
 * the sets' owner is none. Else: it leads no process group, and whoever led its group is gone or is another worker,
 * whereas a master leads one, having called setsid(2) or having been started by systemd or a shell.
 */
function isOrphan(
  root: ProcessFacts,
  users: readonly ProcessFacts[],
  { owner, alivePids }: Snapshot,
): boolean {
  if (
    owner.known &&
    owner.value.starterUid === 0 &&
    !root.uids.includes(0) &&
    root.uids.includes(owner.value.uid)
  )
    return true;
  if (root.pid === root.pgrp || root.pid === root.session) return false;
  if (users.some((process) => process.ppid === root.pid)) return false;
  return !alivePids.has(root.pgrp) || users.some((process) => process.pid === root.pgrp);
}

/**
 * How old a lineage can be at most. A daemonised master is younger than the launcher that made some of its sets and is
 * gone (httpd: server/main.c; the ssl-cache mutex is made before mpm_*.c calls apr_proc_detach), but both were born into
 * one control group, and nothing was in that before its unit's run began.
 */
function since({ role, root, members }: Omit<Lineage, 'since'>, snapshot: Snapshot): Fact<number> {
  if (role === 'orphaned-workers') return unknown('their master is dead, and nobody knows how old it was');
  if (!root.unit.known) return root.unit;
  const run = snapshot.unitRuns.get(root.unit.value) ?? unknown(`${root.unit.value} was not asked about`);
  if (!run.known) return run;
  if (members.some((process) => isOlderThanRun(process, run.value, snapshot.clock))) {
    return unknown(`it is older than the present run of ${root.unit.value}`);
  }
  // A survivor of an earlier run may have forked since, and be dead by now.
  if (!run.value.leavesNobody)
    return unknown(`${root.unit.value} may leave processes of an earlier run (KillMode=)`);
  return earliestCtime(run.value.began, run.value.stamps, snapshot.clock);
}

/** Whether a process of this lineage can know the set. `why` says what decided. */
export function couldKnow(lineage: Lineage, set: SemaphoreSet): { could: boolean; why: string } {
  const { since } = lineage;
  if (!since.known) return { could: true, why: `${name(lineage)}: ${since.why}` };
  if (set.ctime >= since.value)
    return { could: true, why: `${name(lineage)} was there when it was last changed` };
  return {
    could: false,
    why: `last changed ${since.value - set.ctime} s or more before ${name(lineage)} could have made it`,
  };
}

/** How people know a lineage: "httpd 812 (apache2.service)". */
export function name({ role, root, members }: Lineage): string {
  const unit = root.unit.known ? ` (${root.unit.value})` : '';
  switch (role) {
    case 'master':
      return `httpd ${root.pid}${unit}`;
    case 'orphaned-workers':
      return members.length === 1
        ? `orphaned httpd worker ${root.pid}`
        : `${members.length} orphaned httpd workers (${root.pid} and others)`;
    case 'other-program':
      return `process ${root.pid}, ${root.exe.known ? root.exe.value.path : 'of an unknown program'},`;
  }
}
