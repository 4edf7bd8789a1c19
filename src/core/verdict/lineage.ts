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

/** Groups the running processes that may use sets of this table into lineages, in time linear in their number. */
export function lineages(snapshot: Snapshot): Lineage[] {
  const users = candidateProcesses(snapshot);
  const family: Family = {
    byPid: new Map(users.map((process) => [process.pid, process])),
    parents: new Set(users.map(({ ppid }) => ppid)),
  };
  const roots = new Map<ProcessFacts, Origin>();
  const groups = new Map<string, { root: ProcessFacts; role: Role; members: ProcessFacts[] }>();
  for (const process of users) {
    const { root, role, key } = originOf(process, family, roots, snapshot);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { root, role, members: [process] });
    else group.members.push(process);
  }
  return [...groups.values()].map((group) => ({ ...group, since: since(group, snapshot) }));
}

interface Family {
  byPid: ReadonlyMap<number, ProcessFacts>;
  /** The pids that are the parent of one of them. */
  parents: ReadonlySet<number>;
}

interface Origin {
  root: ProcessFacts;
  role: Role;
  /** Equal for processes of one lineage. */
  key: string;
}

/** The origin of a process; `found` keeps it for the whole line of its ancestors, so that none is walked twice. */
function originOf(
  process: ProcessFacts,
  family: Family,
  found: Map<ProcessFacts, Origin>,
  snapshot: Snapshot,
): Origin {
  const line: ProcessFacts[] = [];
  const seen = new Set<ProcessFacts>();
  let root = process;
  // Parents can form a cycle if processes changed while /proc was read: then the walk ends where it began.
  while (!found.has(root) && !seen.has(root)) {
    line.push(root);
    seen.add(root);
    const parent = family.byPid.get(root.ppid);
    if (parent === undefined) break;
    root = parent;
  }
  const origin = found.get(root) ?? newOrigin(root, family, snapshot);
  for (const one of line) found.set(one, origin);
  return origin;
}

function newOrigin(root: ProcessFacts, family: Family, snapshot: Snapshot): Origin {
  const role = roleOf(root, family, snapshot);
  return { root, role, key: role === 'orphaned-workers' ? `group ${root.pgrp}` : `pid ${root.pid}` };
}

function roleOf(root: ProcessFacts, family: Family, snapshot: Snapshot): Role {
  if (root.isHttpd.known && !root.isHttpd.value) return 'other-program';
  return isOrphan(root, family, snapshot) ? 'orphaned-workers' : 'master';
}

/**
 * Whether a topmost process is a worker of a killed master. The master of a server that root starts stays root, so a topmost
 * process with the owner's uid is a worker. Otherwise it is one if it leads no process group and the leader has exited or is
 * another worker; a master leads a group after setsid(2), or when started by systemd or a shell.
 */
function isOrphan(root: ProcessFacts, { byPid, parents }: Family, { owner, alivePids }: Snapshot): boolean {
  if (
    owner.known &&
    owner.value.starterUid === 0 &&
    !root.uids.includes(0) &&
    root.uids.includes(owner.value.uid)
  )
    return true;
  if (root.pid === root.pgrp || root.pid === root.session) return false;
  if (parents.has(root.pid)) return false;
  return !alivePids.has(root.pgrp) || byPid.has(root.pgrp);
}

/**
 * The earliest start of a lineage. A daemonized master is younger than the launcher that made some of its sets and has exited
 * (httpd: server/main.c; the ssl-cache mutex is made before mpm_*.c calls apr_proc_detach), but both started in one control
 * group, which was empty before the unit's run started.
 */
function since(lineage: Omit<Lineage, 'since'>, snapshot: Snapshot): Fact<number> {
  const { role, root, members } = lineage;
  const doubt = (why: string): Fact<never> => unknown(`${name(lineage)}: ${why}`);
  if (role === 'orphaned-workers' && members.some((process) => isServers(process, snapshot)))
    return doubt('their master was killed, so its age is unknown');
  if (role === 'orphaned-workers' && members.some((process) => !isInUnitOf(process, root)))
    return doubt('they are in different control groups');
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

function isInUnitOf({ unit }: ProcessFacts, root: ProcessFacts): boolean {
  return unit.known && root.unit.known && unit.value === root.unit.value;
}

/**
 * Whether a process is of the server by its uids, or by those that it was started as. Any other, whose origin is unknown, is bounded by the run
 * of its own unit or session.
 */
function isServers({ uids, startedAs }: ProcessFacts, { owner }: Snapshot): boolean {
  if (!owner.known) return true;
  const { uid, starterUid } = owner.value;
  return [...uids, ...(startedAs.known ? startedAs.value : [])].some((one) =>
    [0, uid, starterUid].includes(one),
  );
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

/** How many lineages of each kind speak for all. */
const MOST_WITNESSES = 5;

/**
 * The lineages that decide about every set: a set that none of these can know is known to none of the others. Of more than a few,
 * only those of unknown age and the oldest ones are left, so that a verdict takes the same time whatever runs here.
 * `isServer`: whether a set that the lineage could know is in use rather than unsure.
 */
export function witnesses(
  all: readonly Lineage[],
  isServer: (lineage: Lineage) => boolean,
): readonly Lineage[] {
  if (all.length <= 3 * MOST_WITNESSES) return all;
  const sinceS = ({ since }: Lineage): number => (since.known ? since.value : -Infinity);
  const oldestFirst = [...all].sort((a, b) => (sinceS(a) < sinceS(b) ? -1 : sinceS(a) > sinceS(b) ? 1 : 0));
  return [
    ...oldestFirst.filter(isServer).slice(0, MOST_WITNESSES),
    ...oldestFirst.filter((lineage) => !isServer(lineage)).slice(0, MOST_WITNESSES),
  ];
}

/** The name of a lineage in sentences: "httpd 812 (apache2.service)". */
export function name({ role, root, members }: Omit<Lineage, 'since'>): string {
  const unit = root.unit.known ? ` (${root.unit.value})` : '';
  if (!root.isHttpd.known) return program(root);
  switch (role) {
    case 'master':
      return `httpd ${root.pid}${unit}`;
    case 'orphaned-workers':
      return members.length === 1
        ? `orphaned httpd worker ${root.pid}`
        : `${members.length} orphaned httpd workers (${root.pid} and others)`;
    case 'other-program':
      return program(root);
  }
}

function program({ pid, exe }: ProcessFacts): string {
  return `process ${pid}, ${exe.known ? exe.value.path : 'of an unknown program'},`;
}
