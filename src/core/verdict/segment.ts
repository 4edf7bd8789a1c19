import { type Fact, known } from '../fact.ts';
import type { Evidence, Rule } from '../evidence.ts';
import type { Verdict } from './verdict.ts';
import type { Snapshot } from './snapshot.ts';

/** The relevant fields of a line of /proc/sysvipc/shm (kernel: ipc/shm.c, sysvipc_shm_proc_show). */
export interface Segment {
  id: number;
  key: number;
  /** In bytes. */
  size: number;
  /** The creator; 0 if it is in a pid namespace that is not visible. */
  cpid: number;
  /** The process that attached or detached it last; 0 likewise. */
  lpid: number;
  attached: number;
  uid: number;
  cuid: number;
}

export interface SegmentJudgement {
  segment: Segment;
  verdict: Verdict;
  evidence: readonly Evidence[];
}

/**
 * The segments of httpd's user with nothing attached. They take no semaphores and are attached by key, so a program may still
 * attach one later: they are shown, but removed only if the admin names the key.
 */
export function detachedSegments(
  segments: Fact<readonly Segment[]>,
  snapshot: Snapshot,
): Fact<SegmentJudgement[]> {
  const { owner } = snapshot;
  if (!segments.known) return segments;
  if (!owner.known) return owner;
  return known(
    segments.value
      .filter(({ uid, attached }) => uid === owner.value.uid && attached === 0)
      .map((segment) => judgeSegment(segment, snapshot))
      .filter(({ verdict }) => verdict !== 'foreign'),
  );
}

/** Whether a shared memory segment is orphaned. */
export function judgeSegment(segment: Segment, { owner, visibility, alivePids }: Snapshot): SegmentJudgement {
  const is = (verdict: Verdict, rule: Rule, saw: string): SegmentJudgement => ({
    segment,
    verdict,
    evidence: [{ rule, saw, source: '/proc/sysvipc/shm' }],
  });
  if (segment.attached > 0) return is('in-use', 'attached', `attached ${segment.attached} times`);
  if (!owner.known) return is('unsure', 'owner-unknown', owner.why);
  const owners = [owner.value.uid, owner.value.starterUid];
  if (!owners.includes(segment.uid) || !owners.includes(segment.cuid)) {
    return is('foreign', 'other-owner', `owner uid ${segment.uid}, creator uid ${segment.cuid}`);
  }
  if (!visibility.known) return is('unsure', 'cannot-see', visibility.why);
  for (const [what, pid] of [
    ['creator', segment.cpid],
    ['last user', segment.lpid],
  ] as const) {
    if (alivePids.has(pid)) return is('unsure', 'living-user', `its ${what}, process ${pid}, is running`);
  }
  if (segment.cpid === 0)
    return is('unsure', 'cannot-see', 'created in a pid namespace that is not visible from here');
  return is('orphan', 'detached', 'nothing attached, creator has exited');
}
