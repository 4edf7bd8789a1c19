import type { Rule } from '../../core/evidence.ts';
import { valueOrNull } from '../../core/fact.ts';
import type { Report } from '../../core/check/report.ts';
import { ClaimJudge, type SetOwner } from '../../core/register/claim-judge.ts';
import { counted } from '../../core/text/counted.ts';
import type { Judgement, Verdict } from '../../core/verdict/verdict.ts';
import type { Paint } from '../colour.ts';
import { escape } from '../escape.ts';
import { localTime } from '../local-time.ts';
import type { TextStyle } from './text-style.ts';

const TITLE: Record<Verdict, string> = {
  orphan: 'leaked by a killed httpd; to remove: httpd-guard clean',
  unsure: 'cannot be proven to be orphaned; kept',
  'in-use': 'used by a running httpd; kept',
  foreign: 'of other programs; never removed',
};

const MOST_ROWS = 8;

/** The sets of a verdict: why, of whom, and a row each. */
export function group(verdict: Verdict, report: Report, style: TextStyle, paint: Paint): string[] {
  const { judgements, snapshot, lineages } = report;
  const owners = new ClaimJudge(snapshot, lineages);
  const members = judgements.filter((judgement) => judgement.verdict === verdict);
  if (members.length === 0) return [];
  const shown = style.verbose ? members : members.slice(0, MOST_ROWS);
  const hidden = members.length - shown.length;
  return [
    '',
    paint('bold', `${verdict}: ${members.length} (${TITLE[verdict]})`),
    ...reasonLines(members, style),
    ...ownerLines(members, owners),
    paint('dim', '        id        key    uid   creator  sems  last changed'),
    ...shown.map(row),
    ...(hidden > 0 ? [paint('dim', `        ... and ${hidden} more (--verbose shows all)`)] : []),
  ];
}

/** The reasons of a group, each once with the number of its sets. */
function reasonLines(members: readonly Judgement[], { explain }: TextStyle): string[] {
  const reasons = new Map<string, { count: number; source: string }>();
  for (const { rule, saw, source } of members.flatMap(({ evidence }) => evidence)) {
    const key = explain ? `${rule}: ${saw}` : (REASON[rule] ?? saw);
    const before = reasons.get(key);
    if (before === undefined) reasons.set(key, { count: 1, source });
    else before.count++;
  }
  const shown = [...reasons].slice(0, MOST_ROWS);
  const lines = shown.map(
    ([text, { count, source }]) =>
      `  ${counted(count, 'set')}: ${escape(text)}${explain ? ` [${source}]` : ''}`,
  );
  return reasons.size > shown.length
    ? [...lines, `  ... and ${counted(reasons.size - shown.length, 'more reason')}`]
    : lines;
}

/** The runs that were seen to use the sets of a group. */
function ownerLines(members: readonly Judgement[], claims: ClaimJudge): string[] {
  const owners = new Map<string, { owner: SetOwner; count: number }>();
  let unproven = 0;
  for (const { set, verdict } of members) {
    const owner = claims.ownerOf(set);
    if (owner === null) {
      if (verdict !== 'foreign') unproven++;
      continue;
    }
    const before = owners.get(owner.run.invocationId);
    if (before === undefined) owners.set(owner.run.invocationId, { owner, count: 1 });
    else before.count++;
  }
  if (owners.size === 0) return [];
  return [
    ...[...owners.values()].slice(0, MOST_ROWS).map(({ owner: { run, living }, count }) => {
      const state = living ? 'running since' : 'a run that is over, which began';
      return `  ${counted(count, 'set')} of ${escape(run.unit)}, ${state} ${localTime(run.beganRealMs)}`;
    }),
    ...(owners.size > MOST_ROWS ? [`  ... and ${counted(owners.size - MOST_ROWS, 'more run')}`] : []),
    ...(unproven > 0
      ? [
          `  ${counted(unproven, 'set')} without a proven owner: judged by age until an httpd is seen to use it`,
        ]
      : []),
  ];
}

/** Short reasons for rules whose `saw` differs from set to set. */
const REASON: Partial<Record<Rule, string>> = {
  'not-a-mutex': 'key, number of semaphores or mode differ from an httpd mutex',
  'other-owner': 'owner uid or creator uid is another user',
  'not-known-to': 'older than every running httpd',
};

/** Orphaned shared memory: listed, but no warning, since it takes no semaphores. */
export function segmentGroup({ segments }: Report, { verbose }: TextStyle, paint: Paint): string[] {
  const orphans = (valueOrNull(segments) ?? []).filter(({ verdict }) => verdict === 'orphan');
  if (orphans.length === 0) return [];
  const shown = verbose ? orphans : orphans.slice(0, MOST_ROWS);
  const hidden = orphans.length - shown.length;
  return [
    '',
    paint(
      'bold',
      `shared memory: ${counted(orphans.length, 'orphaned segment')} (nothing attached, creator has exited; no semaphores; to remove: httpd-guard clean --shm-key KEY)`,
    ),
    paint('dim', '        id        key       bytes'),
    ...shown.map(
      ({ segment: { id, key, size } }) =>
        `${String(id).padStart(10)} ${keyText(key)} ${String(size).padStart(11)}`,
    ),
    ...(hidden > 0 ? [paint('dim', `        ... and ${hidden} more (--verbose shows all)`)] : []),
  ];
}

function keyText(key: number): string {
  return `0x${(key >>> 0).toString(16).padStart(8, '0')}`;
}

function row({ set }: Judgement): string {
  const key = keyText(set.key);
  return `${String(set.id).padStart(10)} ${key} ${String(set.uid).padStart(6)} ${String(set.cuid).padStart(9)} ${String(set.nsems).padStart(5)}  ${localTime(set.ctime * 1000)}`;
}
