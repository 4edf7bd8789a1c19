import type { Evidence, Rule } from '../evidence.ts';
import { type Lineage, couldKnow, lineages, name, witnesses } from './lineage.ts';
import { livingLastUsers } from './candidate-processes.ts';
import type { ProcessFacts } from './process-facts.ts';
import { type SemaphoreSet, differsFromMutex, differsFromOwner } from './semaphore-set.ts';
import { isClaimed } from '../register/register.ts';
import { ClaimJudge } from '../register/claim-judge.ts';
import { counted } from '../text/counted.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * orphan: no running process can use it. in-use: a running httpd uses it or most likely does. foreign: not a mutex of this
 * httpd. unsure: not proven either way; kept.
 */
export type Verdict = 'orphan' | 'in-use' | 'foreign' | 'unsure';

export interface Judgement {
  set: SemaphoreSet;
  verdict: Verdict;
  evidence: readonly Evidence[];
}

/**
 * The only rule that decides what may be removed: sets with the verdict orphan. Every set of a readable table gets a verdict; an
 * unreadable table gets none. `living` are the lineages of this very snapshot, where they are known already.
 */
export function judge(snapshot: Snapshot, living: readonly Lineage[] = lineages(snapshot)): Judgement[] {
  if (!snapshot.sets.known) return [];
  const world: World = {
    snapshot,
    obstacle: obstacle(snapshot),
    all: living,
    living: witnesses(living, (lineage) => isServerOf(lineage, snapshot)),
    lastUsers: livingLastUsers(snapshot),
    claims: new ClaimJudge(snapshot, living),
    byPid: new Map(snapshot.processes.map((process) => [process.pid, process])),
  };
  return withoutBlindSpots(
    snapshot.sets.value.map((set) => judgeSet(set, world)),
    world,
  );
}

interface World {
  snapshot: Snapshot;
  /** Why no set at all can be proven to be orphaned, or null. */
  obstacle: Evidence | null;
  all: readonly Lineage[];
  /** The lineages that decide. */
  living: readonly Lineage[];
  lastUsers: ReadonlySet<number>;
  claims: ClaimJudge;
  byPid: ReadonlyMap<number, ProcessFacts>;
}

function judgeSet(set: SemaphoreSet, world: World): Judgement {
  const { snapshot, living } = world;
  const is = (verdict: Verdict, ...evidence: Evidence[]): Judgement => ({ set, verdict, evidence });

  const shape = differsFromMutex(set);
  if (shape !== null) return is('foreign', { rule: 'not-a-mutex', saw: shape, source: TABLE });
  const owner = snapshot.owner.known ? differsFromOwner(set, snapshot.owner.value) : null;
  const foreign = owner === null ? null : ofOtherOwner(set, owner, world);
  if (foreign !== null && !isClaimed(set, snapshot)) return foreign;
  if (world.obstacle !== null) return is('unsure', world.obstacle);

  const use = signOfUse(set, world);
  if (use !== null) return is(use.verdict, use.evidence);
  const claimed = world.claims.judge(set);
  // Where the kernel does not report who used it last, another use since then is not seen: the register proves no set orphaned.
  if (claimed !== null && (claimed.verdict !== 'orphan' || isAnswered(set, snapshot)))
    return is(claimed.verdict, claimed.evidence);
  if (foreign !== null) return foreign;

  if (living.length === 0) return { set, verdict: 'orphan', evidence: NO_HTTPD };
  const opinions = living.map((lineage) => ({ lineage, ...couldKnow(lineage, set) }));
  const holders = opinions.filter(({ could }) => could);
  if (holders.length === 0)
    return is('orphan', ...opinions.map((opinion) => evidenceOf('not-known-to', opinion)));
  const plain = holders.some(({ lineage }) => isServerOf(lineage, snapshot));
  return is(plain ? 'in-use' : 'unsure', ...holders.map((opinion) => evidenceOf('could-be-known', opinion)));
}

const TABLE = '/proc/sysvipc/sem';

/** One object for all sets: a full table has 32,000. */
const NO_HTTPD: readonly Evidence[] = [
  { rule: 'no-living-httpd', saw: 'no running httpd in this IPC namespace', source: '/proc' },
];

interface Opinion {
  lineage: Lineage;
  why: string;
}

/** Never removed: of another program, or of a running httpd with another user. */
function ofOtherOwner(set: SemaphoreSet, difference: string, world: World): Judgement {
  const server = serverOfOtherUser(set, world);
  return server === null
    ? { set, verdict: 'foreign', evidence: [{ rule: 'other-owner', saw: difference, source: TABLE }] }
    : { set, verdict: 'in-use', evidence: [evidenceOf('could-be-known', server)] };
}

function evidenceOf(rule: Rule, { lineage, why }: Opinion): Evidence {
  return { rule, saw: why, source: `/proc/${lineage.root.pid}` };
}

function obstacle({ owner, visibility, ipcNamespace }: Snapshot): Evidence | null {
  if (!owner.known) return { rule: 'owner-unknown', saw: owner.why, source: 'httpd -t -D DUMP_RUN_CFG' };
  if (owner.value.uid === 0) {
    return {
      rule: 'owner-is-root',
      saw: 'httpd runs as root, and any program of root could have made such a set',
      source: 'httpd -t -D DUMP_RUN_CFG',
    };
  }
  if (!visibility.known) return { rule: 'cannot-see', saw: visibility.why, source: '/proc' };
  if (!ipcNamespace.known) return { rule: 'cannot-see', saw: ipcNamespace.why, source: '/proc/self/ns/ipc' };
  return null;
}

/** Signs of the kernel that a set is in use. Their absence proves nothing: the last user of a set in use has often exited. */
function signOfUse(set: SemaphoreSet, { snapshot, lastUsers, byPid }: World): SignOfUse | null {
  const inspection = snapshot.inspections.get(set.id);
  if (inspection?.known !== true) {
    // In a container only a last user in our pid namespace shows that the set is not another container's.
    if (!isContainer(snapshot)) return null;
    return saying(set, 'unsure', 'cannot-see', 'in a container, and its last user is unknown');
  }
  const { lastPid, waiters } = inspection.value;
  if (waiters > 0)
    return saying(set, 'in-use', 'waiters', `${counted(waiters, 'process', 'processes')} waiting for it`);
  if (lastPid === 0)
    return saying(set, 'unsure', 'last-pid', 'last used in a pid namespace that is not visible from here');
  if (!lastUsers.has(lastPid)) return null;
  const user = byPid.get(lastPid);
  const isHttpd = user?.isHttpd.known === true && user.isHttpd.value;
  return saying(set, isHttpd ? 'in-use' : 'unsure', 'last-pid', `last used by running process ${lastPid}`);
}

function isAnswered({ id }: SemaphoreSet, { inspections }: Snapshot): boolean {
  return inspections.get(id)?.known === true;
}

function saying(set: SemaphoreSet, verdict: SignOfUse['verdict'], rule: Rule, saw: string): SignOfUse {
  return { verdict, evidence: { rule, saw, source: `ipcs -s -i ${set.id}` } };
}

interface SignOfUse {
  verdict: 'in-use' | 'unsure';
  evidence: Evidence;
}

/**
 * A running master with processes of the set's owner that could know the set, if that is not the configured `User`: it was started
 * with another one, or gives mutexes to users of its modules.
 */
function serverOfOtherUser(set: SemaphoreSet, { snapshot, all }: World): Opinion | null {
  if (!snapshot.owner.known || set.cuid !== snapshot.owner.value.starterUid) return null;
  for (const lineage of all) {
    const isOwner = lineage.members.some(({ uids }) => set.uid !== 0 && uids.includes(set.uid));
    if (lineage.role !== 'master' || !lineage.since.known || !isOwner) continue;
    const { could, why } = couldKnow(lineage, set);
    if (could) return { lineage, why };
  }
  return null;
}

/** Whether a lineage is a running master of known age with processes of the sets' owner: the normal case of a set in use. */
function isServerOf({ role, since, members }: Lineage, { owner }: Snapshot): boolean {
  if (!owner.known || role !== 'master' || !since.known) return false;
  const { uid } = owner.value;
  return members.some(({ uids }) => uids.includes(uid));
}

/**
 * If a set is in use, but no visible process can know it, then a process is hidden. The verdicts of all other sets were made
 * without that process, so no set is an orphan.
 */
function withoutBlindSpots(judgements: Judgement[], { snapshot, living }: World): Judgement[] {
  const spot = judgements.find(({ set, verdict, evidence }) => {
    if (verdict === 'orphan') return false;
    const bySign = evidence.some(({ rule }) => rule === 'waiters' || rule === 'last-pid');
    return bySign && !isNeighbours(set, snapshot) && !living.some((lineage) => couldKnow(lineage, set).could);
  });
  if (spot === undefined) return judgements;
  const seen = living.length === 0 ? 'no httpd is visible' : `visible: ${living.map(name).join(', ')}`;
  const saw = `set ${spot.set.id} is in use, but no visible process can know it; ${seen}`;
  const evidence: Evidence[] = [{ rule: 'blind-spot', saw, source: `ipcs -s -i ${spot.set.id}` }];
  return judgements.map((judgement) =>
    judgement.verdict === 'orphan' ? { ...judgement, verdict: 'unsure', evidence } : judgement,
  );
}

/** Whether a set is another container's: last used in a pid namespace that is not visible. It says nothing about ours. */
function isNeighbours(set: SemaphoreSet, snapshot: Snapshot): boolean {
  const inspection = snapshot.inspections.get(set.id);
  return isContainer(snapshot) && inspection?.known === true && inspection.value.lastPid === 0;
}

function isContainer({ visibility }: Snapshot): boolean {
  return visibility.known && visibility.value === 'container';
}
