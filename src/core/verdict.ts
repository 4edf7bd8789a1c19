import { type Lineage, couldKnow, lineages, livingLastUsers, name } from './lineage.ts';
import { type SemaphoreSet, differsFromMutex, differsFromOwner } from './semaphore-set.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * orphan: no living process can use it. in-use: a living httpd does, or may well. foreign: not a mutex of this httpd.
 * unsure: whatever could not be proven; it stays.
 */
export type Verdict = 'orphan' | 'in-use' | 'foreign' | 'unsure';

export interface Evidence {
  rule: string;
  saw: string;
  /** Where anyone can look again. */
  source: string;
}

export interface Judgement {
  set: SemaphoreSet;
  verdict: Verdict;
  evidence: Evidence[];
}

/**
 * The one rule that says what may be removed: only what is called orphan here. Every set of a readable table gets a
 * verdict; an unreadable table gets none.
 */
export function judge(snapshot: Snapshot): Judgement[] {
  if (!snapshot.sets.known) return [];
  const living = lineages(snapshot);
  const lastUsers = livingLastUsers(snapshot);
  const judgements = snapshot.sets.value.map((set) => judgeSet(set, snapshot, living, lastUsers));
  return withoutBlindSpots(judgements, snapshot, living);
}

function judgeSet(
  set: SemaphoreSet,
  snapshot: Snapshot,
  living: Lineage[],
  lastUsers: ReadonlySet<number>,
): Judgement {
  const is = (verdict: Verdict, ...evidence: Evidence[]): Judgement => ({ set, verdict, evidence });

  const shape = differsFromMutex(set);
  if (shape !== null) return is('foreign', { rule: 'not-a-mutex', saw: shape, source: TABLE });
  if (!snapshot.owner.known)
    return is('unsure', {
      rule: 'owner-unknown',
      saw: snapshot.owner.why,
      source: 'httpd -t -D DUMP_RUN_CFG',
    });
  const owner = differsFromOwner(set, snapshot.owner.value);
  if (owner !== null) return is('foreign', { rule: 'other-owner', saw: owner, source: TABLE });
  if (!snapshot.view.known)
    return is('unsure', { rule: 'cannot-see', saw: snapshot.view.why, source: '/proc' });
  if (!snapshot.ipcNamespace.known)
    return is('unsure', { rule: 'cannot-see', saw: snapshot.ipcNamespace.why, source: '/proc/self/ns/ipc' });

  const use = signOfUse(set, snapshot, lastUsers);
  if (use !== null) return is(use.verdict, use.evidence);
  // In a container only the kernel's word that the last user was one of us shows that the set is not a neighbour's.
  if (snapshot.view.value === 'container' && snapshot.inspections.get(set.id)?.known !== true) {
    const saw = 'in a container, and who used it last could not be asked';
    return is('unsure', { rule: 'cannot-see', saw, source: `ipcs -s -i ${set.id}` });
  }

  const opinions = living.map((lineage) => ({ lineage, ...couldKnow(lineage, set) }));
  const holders = opinions.filter((opinion) => opinion.could);
  if (holders.length > 0) {
    const plain = holders.some(({ lineage }) => isItsServer(lineage, set));
    return is(
      plain ? 'in-use' : 'unsure',
      ...holders.map(({ lineage, why }) => ({
        rule: 'could-be-known',
        saw: why,
        source: `/proc/${lineage.root.pid}`,
      })),
    );
  }
  if (opinions.length === 0)
    return is('orphan', {
      rule: 'no-living-httpd',
      saw: 'no living httpd in this IPC namespace',
      source: '/proc',
    });
  return is(
    'orphan',
    ...opinions.map(({ lineage, why }) => ({
      rule: 'not-known-to',
      saw: why,
      source: `/proc/${lineage.root.pid}`,
    })),
  );
}

const TABLE = '/proc/sysvipc/sem';

/** The kernel's own word that a set is in use. Its silence proves nothing: a dead last pid is the normal state of a live set. */
function signOfUse(
  set: SemaphoreSet,
  snapshot: Snapshot,
  lastUsers: ReadonlySet<number>,
): { verdict: 'in-use' | 'unsure'; evidence: Evidence } | null {
  const inspection = snapshot.inspections.get(set.id);
  if (inspection?.known !== true) return null;
  const { lastPid, waiters } = inspection.value;
  const source = `ipcs -s -i ${set.id}`;
  if (waiters > 0)
    return { verdict: 'in-use', evidence: { rule: 'waiters', saw: `${waiters} waiting for it`, source } };
  if (lastPid === 0) {
    return {
      verdict: 'unsure',
      evidence: {
        rule: 'last-pid',
        saw: 'last used from a pid namespace that cannot be seen from here',
        source,
      },
    };
  }
  if (lastUsers.has(lastPid)) {
    const process = snapshot.processes.find((one) => one.pid === lastPid);
    const isHttpd = process?.isHttpd.known === true && process.isHttpd.value;
    return {
      verdict: isHttpd ? 'in-use' : 'unsure',
      evidence: { rule: 'last-pid', saw: `last used by living process ${lastPid}`, source },
    };
  }
  return null;
}

/** A running master whose age is known and whose processes run as the set's owner: the plain case of a set in use. */
function isItsServer(lineage: Lineage, set: SemaphoreSet): boolean {
  return (
    lineage.role === 'master' &&
    lineage.since.known &&
    lineage.members.some((process) => process.uids.includes(set.uid))
  );
}

/** In a container, a set last used from out of sight is another container's, and says nothing of ours. */
function isNeighbours(set: SemaphoreSet, { view, inspections }: Snapshot): boolean {
  const inspection = inspections.get(set.id);
  return (
    view.known && view.value === 'container' && inspection?.known === true && inspection.value.lastPid === 0
  );
}

/**
 * When the kernel shows a use of a set that no living process was seen to be able to know, then somebody is out of sight,
 * and what was proven of the other sets was proven without that somebody. So nothing is an orphan.
 */
function withoutBlindSpots(judgements: Judgement[], snapshot: Snapshot, living: Lineage[]): Judgement[] {
  const spot = judgements.find(({ set, evidence }) => {
    const bySign = evidence.some(({ rule }) => rule === 'waiters' || rule === 'last-pid');
    return bySign && !isNeighbours(set, snapshot) && !living.some((lineage) => couldKnow(lineage, set).could);
  });
  if (spot === undefined) return judgements;
  const saw = `set ${spot.set.id} is used, yet no living process seen here can know it: ${living.length === 0 ? 'none is seen at all' : living.map(name).join(', ')}`;
  return judgements.map((judgement) =>
    judgement.verdict === 'orphan'
      ? {
          ...judgement,
          verdict: 'unsure',
          evidence: [{ rule: 'blind-spot', saw, source: `ipcs -s -i ${spot.set.id}` }],
        }
      : judgement,
  );
}
