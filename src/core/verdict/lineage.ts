import { earliestCtime } from '../clock.ts';
import { type Fact, unknown } from '../fact.ts';
import { candidateProcesses } from './candidate-processes.ts';
import { type ProcessFacts, isOlderThanRun } from './process-facts.ts';
import type { SemaphoreSet } from './semaphore-set.ts';
import type { Snapshot } from './snapshot.ts';

export type Role = 'master' | 'orphaned-workers' | 'other-program';

/**
 * Running processes of one origin. An IPC_PRIVATE set is known only to the process that made it and its descendants, so the start
 * of its origin limits which sets a lineage can use.
 */
export interface Lineage {
  role: Role;
  /** The topmost running process; for orphaned workers, one of them. */
  root: ProcessFacts;
  members: ProcessFacts[];
  /** Seconds since 1970: a set with a smaller ctime is older than this lineage, which cannot know it. Unknown with a full sentence. */
  since: Fact<number>;
}

/** Groups the running processes that may use sets of this table into lineages. */
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
  // Bounded, since parents can form a cycle if processes changed while /proc was read.
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
 * Whether a topmost process is a worker of a killed master. The master of a server that root starts stays root, so a topmost
 * process with the owner's uid is a worker. Otherwise it is one if it leads no process group and the leader has exited or is
 * another worker; a master leads a group after setsid(2), or when started by systemd or a shell.
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
 * The earliest start of a lineage. A daemonized master is younger than the launcher that made some of its sets and has exited
 * (httpd: server/main.c; the ssl-cache mutex is made before mpm_*.c calls apr_proc_detach), but both started in one control
 * group, which was empty before the unit's run started.
 */
function since(lineage: Omit<Lineage, 'since'>, snapshot: Snapshot): Fact<number> {
  const { role, root, members } = lineage;
  const doubt = (why: string): Fact<never> => unknown(`${name(lineage)}: ${why}`);
  if (role === 'orphaned-workers') return doubt('their master was killed, so its age is unknown');
  if (!root.unit.known) return unknown(`${name(lineage)} was ${root.unit.why}`);
  const run = snapshot.unitRuns.get(root.unit.value) ?? unknown(`${root.unit.value} was not queried`);
  if (!run.known) return doubt(run.why);
  if (members.some((process) => isOlderThanRun(process, run.value, snapshot.clock))) {
    return doubt(`it is older than the current run of ${root.unit.value}`);
  }
  // A survivor of an earlier run may have forked since and have exited.
  if (!run.value.leavesNobody)
    return doubt(`processes of an earlier run of ${root.unit.value} may have survived (KillMode=)`);
  const earliest = earliestCtime(run.value.began, run.value.stamps, snapshot.clock);
  return earliest.known ? earliest : doubt(earliest.why);
}

/** Whether a process of this lineage can know the set; `why` is the reason. */
export function couldKnow(lineage: Lineage, set: SemaphoreSet): { could: boolean; why: string } {
  const { since } = lineage;
  if (!since.known) return { could: true, why: since.why };
  if (set.ctime >= since.value)
    return { could: true, why: `${name(lineage)} was already running when the set was made` };
  return {
    could: false,
    why: `last changed at least ${since.value - set.ctime} s before ${name(lineage)} could have made it`,
  };
}

/** The name of a lineage in sentences: "httpd 812 (apache2.service)". */
export function name({ role, root, members }: Omit<Lineage, 'since'>): string {
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
