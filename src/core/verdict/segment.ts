import { type Fact, known } from '../fact.ts';
import type { Evidence, Rule } from '../evidence.ts';
import type { Verdict } from './verdict.ts';
import type { Snapshot } from './snapshot.ts';

/** One line of /proc/sysvipc/shm (kernel: ipc/shm.c, sysvipc_shm_proc_show), as far as it decides. */
export interface Segment {
  id: number;
  key: number;
  /** In bytes. */
  size: number;
  /** The processes that made it, and that attached or detached it last; 0 for one out of sight. */
  cpid: number;
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
 * The segments of httpd's own user that nobody has attached. They take no semaphores and are attached by key, so a program
 * yet to start may expect one: they are shown, and removed only when somebody names the key.
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

/** Whether a shared memory segment was left by a dead server. */
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
    return is('foreign', 'other-owner', `of uid ${segment.uid}, made by uid ${segment.cuid}`);
  }
  if (!visibility.known) return is('unsure', 'cannot-see', visibility.why);
  for (const [what, pid] of [
    ['maker', segment.cpid],
    ['last user', segment.lpid],
  ] as const) {
    if (alivePids.has(pid)) return is('unsure', 'living-user', `its ${what}, process ${pid}, lives`);
  }
  if (segment.cpid === 0)
    return is('unsure', 'cannot-see', 'made from a pid namespace that cannot be seen from here');
  return is('orphan', 'detached', 'attached by nobody, and its maker is dead');
}
