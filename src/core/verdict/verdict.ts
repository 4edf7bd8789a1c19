import type { Evidence, Rule } from '../evidence.ts';
import { type Lineage, couldKnow, lineages, name } from './lineage.ts';
import { livingLastUsers } from './candidate-processes.ts';
import { type SemaphoreSet, differsFromMutex, differsFromOwner } from './semaphore-set.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * orphan: no living process can use it. in-use: a living httpd does, or may well. foreign: not a mutex of this httpd.
 * unsure: whatever could not be proven; it stays.
 */
export type Verdict = 'orphan' | 'in-use' | 'foreign' | 'unsure';

export interface Judgement {
  set: SemaphoreSet;
  verdict: Verdict;
  evidence: readonly Evidence[];
}

/**
 * The one rule that says what may be removed: only what is called orphan here. Every set of a readable table gets a
 * verdict; an unreadable table gets none. `living` are the lineages of this very snapshot, where they are known already.
 */
export function judge(snapshot: Snapshot, living: readonly Lineage[] = lineages(snapshot)): Judgement[] {
  if (!snapshot.sets.known) return [];
  const world: World = {
    snapshot,
    obstacle: obstacle(snapshot),
    living,
    lastUsers: livingLastUsers(snapshot),
  };
  return withoutBlindSpots(
    snapshot.sets.value.map((set) => judgeSet(set, world)),
    world,
  );
}

interface World {
  snapshot: Snapshot;
  /** Why no set at all can be proven orphan, or null. */
  obstacle: Evidence | null;
  living: readonly Lineage[];
  lastUsers: ReadonlySet<number>;
}

function judgeSet(set: SemaphoreSet, world: World): Judgement {
  const { snapshot, living } = world;
  const is = (verdict: Verdict, ...evidence: Evidence[]): Judgement => ({ set, verdict, evidence });

  const shape = differsFromMutex(set);
  if (shape !== null) return is('foreign', { rule: 'not-a-mutex', saw: shape, source: TABLE });
  const owner = snapshot.owner.known ? differsFromOwner(set, snapshot.owner.value) : null;
  if (owner !== null) return is('foreign', { rule: 'other-owner', saw: owner, source: TABLE });
  if (world.obstacle !== null) return is('unsure', world.obstacle);

  const use = signOfUse(set, world);
  if (use !== null) return is(use.verdict, use.evidence);

  if (living.length === 0) return { set, verdict: 'orphan', evidence: NOBODY };
  const opinions = living.map((lineage) => ({ lineage, ...couldKnow(lineage, set) }));
  const holders = opinions.filter(({ could }) => could);
  if (holders.length === 0)
    return is('orphan', ...opinions.map((opinion) => evidenceOf('not-known-to', opinion)));
  const plain = holders.some(({ lineage }) => isItsServer(lineage, set));
  return is(plain ? 'in-use' : 'unsure', ...holders.map((opinion) => evidenceOf('could-be-known', opinion)));
}

const TABLE = '/proc/sysvipc/sem';

/** Shared by all sets it is true of: a full table has 32,000. */
const NOBODY: readonly Evidence[] = [
  { rule: 'no-living-httpd', saw: 'no running httpd in this IPC namespace', source: '/proc' },
];

function evidenceOf(rule: Rule, { lineage, why }: { lineage: Lineage; why: string }): Evidence {
  return { rule, saw: why, source: `/proc/${lineage.root.pid}` };
}

function obstacle({ owner, visibility, ipcNamespace }: Snapshot): Evidence | null {
  if (!owner.known) return { rule: 'owner-unknown', saw: owner.why, source: 'httpd -t -D DUMP_RUN_CFG' };
  if (owner.value.uid === 0) {
    return {
      rule: 'owner-is-root',
      saw: 'httpd runs as root, and any program of root can have made such a set',
      source: 'httpd -t -D DUMP_RUN_CFG',
    };
  }
  if (!visibility.known) return { rule: 'cannot-see', saw: visibility.why, source: '/proc' };
  if (!ipcNamespace.known) return { rule: 'cannot-see', saw: ipcNamespace.why, source: '/proc/self/ns/ipc' };
  return null;
}

/** The kernel's own word that a set is in use. Its silence proves nothing: a dead last pid is the normal state of a live set. */
function signOfUse(set: SemaphoreSet, { snapshot, lastUsers }: World): SignOfUse | null {
  const inspection = snapshot.inspections.get(set.id);
  if (inspection?.known !== true) {
    // In a container only the kernel's word that the last user was one of us shows that the set is not a neighbour's.
    if (!isContainer(snapshot)) return null;
    return saying(set, 'unsure', 'cannot-see', 'in a container, and who used it last could not be asked');
  }
  const { lastPid, waiters } = inspection.value;
  if (waiters > 0) return saying(set, 'in-use', 'waiters', `${waiters} waiting for it`);
  if (lastPid === 0)
    return saying(set, 'unsure', 'last-pid', 'last used from a pid namespace that cannot be seen from here');
  if (!lastUsers.has(lastPid)) return null;
  const user = snapshot.processes.find(({ pid }) => pid === lastPid);
  const isHttpd = user?.isHttpd.known === true && user.isHttpd.value;
  return saying(set, isHttpd ? 'in-use' : 'unsure', 'last-pid', `last used by living process ${lastPid}`);
}

function saying(set: SemaphoreSet, verdict: SignOfUse['verdict'], rule: Rule, saw: string): SignOfUse {
  return { verdict, evidence: { rule, saw, source: `ipcs -s -i ${set.id}` } };
}

interface SignOfUse {
  verdict: 'in-use' | 'unsure';
  evidence: Evidence;
}

/** A running master whose age is known and whose processes run as the set's owner: the plain case of a set in use. */
function isItsServer({ role, since, members }: Lineage, set: SemaphoreSet): boolean {
  return role === 'master' && since.known && members.some(({ uids }) => uids.includes(set.uid));
}

/**
 * When the kernel shows a use of a set that no living process was seen to be able to know, then somebody is out of sight,
 * and what was proven of the other sets was proven without that somebody. So nothing is an orphan.
 */
function withoutBlindSpots(judgements: Judgement[], { snapshot, living }: World): Judgement[] {
  const spot = judgements.find(({ set, verdict, evidence }) => {
    if (verdict === 'orphan') return false;
    const bySign = evidence.some(({ rule }) => rule === 'waiters' || rule === 'last-pid');
    return bySign && !isNeighbours(set, snapshot) && !living.some((lineage) => couldKnow(lineage, set).could);
  });
  if (spot === undefined) return judgements;
  const seen = living.length === 0 ? 'none is seen at all' : living.map(name).join(', ');
  const saw = `set ${spot.set.id} is used, yet no living process seen here can know it: ${seen}`;
  const evidence: Evidence[] = [{ rule: 'blind-spot', saw, source: `ipcs -s -i ${spot.set.id}` }];
  return judgements.map((judgement) =>
    judgement.verdict === 'orphan' ? { ...judgement, verdict: 'unsure', evidence } : judgement,
  );
}

/** In a container, a set last used from out of sight is another container's, and says nothing of ours. */
function isNeighbours(set: SemaphoreSet, snapshot: Snapshot): boolean {
  const inspection = snapshot.inspections.get(set.id);
  return isContainer(snapshot) && inspection?.known === true && inspection.value.lastPid === 0;
}

function isContainer({ visibility }: Snapshot): boolean {
  return visibility.known && visibility.value === 'container';
}
