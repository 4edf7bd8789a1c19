import type { UnitListing } from '../../core/httpd/choose-unit.ts';
import { isForSets } from '../../core/diagnosis/cause.ts';
import type { Rule } from '../../core/evidence.ts';
import { valueOrNull } from '../../core/fact.ts';
import { type Health, countVerdicts } from '../../core/check/health.ts';
import { name } from '../../core/verdict/lineage.ts';
import type { Report } from '../../core/check/report.ts';
import { ClaimJudge, type SetOwner } from '../../core/register/claim-judge.ts';
import { lostSets } from '../../core/register/losses.ts';
import { isUp } from '../../core/units/unit-state.ts';
import { counted } from '../../core/text/counted.ts';
import { type Use, percent } from '../../core/verdict/table-use.ts';
import type { Judgement, Verdict } from '../../core/verdict/verdict.ts';
import { type Colour, type Paint, painter } from '../colour.ts';
import { FREE_SETS_AGAIN, causeSentence, cureLines } from '../diagnosis.ts';
import { escape } from '../escape.ts';
import { localTime } from '../local-time.ts';

export interface TextStyle {
  colour: boolean;
  /** Whether the terminal shows more than ASCII: bars are drawn with block characters. */
  unicode: boolean;
  /** Only the headline. */
  quiet: boolean;
  /** Every set instead of the first few of each group. */
  verbose: boolean;
  /** The finding of each rule and its source. */
  explain: boolean;
}

/** `check` as text: is httpd at risk, how full is the table, and who owns each set. */
export function reportText(report: Report, style: TextStyle): string {
  const paint = painter(style.colour);
  const lines = [headline(report, paint)];
  if (!style.quiet) {
    lines.push(...report.health.reasons.map((reason) => `  ${escape(reason)}`));
    const about = server(report);
    lines.push(...(about.length > 0 ? ['', ...about] : []), '', ...bars(report, paint, style));
    for (const verdict of ['orphan', 'unsure', 'in-use', 'foreign'] as const)
      lines.push(...group(verdict, report, style, paint));
    lines.push(...segmentGroup(report, style, paint));
    if (style.explain) lines.push(...adviceLines(report));
    if (report.otherUnits.length > 0)
      lines.push(
        '',
        `Other httpd units: ${report.otherUnits.map(otherUnit).join(', ')} (select one with --unit)`,
      );
  }
  return `${lines.join('\n')}\n`;
}

function otherUnit({ name, active }: UnitListing): string {
  return escape(active === 'failed' ? `${name} (failed)` : name);
}

const COLOUR: Record<Health['status'], Colour> = {
  ok: 'green',
  warning: 'yellow',
  critical: 'red',
  unknown: 'yellow',
};

function headline(report: Report, paint: Paint): string {
  return paint(COLOUR[report.health.status], paint('bold', sentence(report)));
}

function sentence(report: Report): string {
  const { health, judgements, use, unit, finding, snapshot, degraded } = report;
  if (
    finding !== null &&
    health.status !== 'unknown' &&
    finding.cause !== 'none' &&
    !isForSets(finding.cause)
  ) {
    const name = unit.known ? escape(unit.value.name) : 'httpd';
    return finding.cause === 'stopped-by-admin'
      ? `${name} is down: ${causeSentence(finding)}.`
      : `${name} is down, not because of semaphores: ${causeSentence(finding)}.`;
  }
  const { orphan } = countVerdicts(judgements);
  const full =
    use.known &&
    (use.value.sets.used >= use.value.sets.max || use.value.semaphores.used >= use.value.semaphores.max);
  const httpd = unit.known ? escape(unit.value.name) : 'httpd';
  const orphans = `${counted(orphan, 'set')} ${orphan === 1 ? 'is' : 'are'} orphaned (leaked by a killed httpd)`;
  switch (health.status) {
    case 'ok':
      return `${httpd} is not at risk from semaphores.`;
    case 'warning':
      if (degraded !== null) return `${httpd} is running without some of its semaphore sets.`;
      if (orphan === 0 && isBelowWarning(report))
        return `${httpd} is not at risk from semaphores, but httpd-guard does not work.`;
      return `${httpd} is not at risk yet, but ${orphan > 0 ? orphans : 'the semaphore table is filling up'}.`;
    case 'critical':
      if (unit.known && lostSets(unit.value.name, snapshot.register.losses) > 0)
        return `${httpd} is running without semaphore sets that it needs: requests may hang or fail.`;
      if (!full || finding?.isTableTooSmall === true) return notFull(httpd, finding);
      return `${httpd} ${unit.known && isUp(unit.value) ? 'could not start again after a kill -9' : 'cannot start'}: the semaphore table is full, ${
        orphan > 0
          ? orphans
          : 'and none of the sets can be proven to be orphaned. Who owns them: httpd-guard limits'
      }.`;
    case 'unknown':
      return 'Whether httpd is at risk is unknown.';
  }
}

function notFull(httpd: string, finding: Report['finding']): string {
  if (finding === null || !isForSets(finding.cause))
    return `${httpd} is at risk: the semaphore table is nearly full.`;
  if (finding.hasFreeSetsAgain === true) return `${httpd} is down: ${FREE_SETS_AGAIN}.`;
  return finding.isTableTooSmall === true
    ? `${httpd} is down: ${causeSentence(finding)}.`
    : `${httpd} is down and may not start: the semaphore table has too few free sets.`;
}

function isBelowWarning({ use, warnPercent }: Report): boolean {
  return use.known && Math.max(percent(use.value.sets), percent(use.value.semaphores)) < warnPercent;
}

function server({ unit, settings, lineages, snapshot }: Report): string[] {
  const lines: string[] = [];
  if (unit.known) {
    const { name: unitName, active, sub, mainPid, privateIpc } = unit.value;
    const pid = mainPid === 0 ? '' : `, main pid ${mainPid}`;
    lines.push(
      `${escape(unitName)}: ${active} (${sub})${pid}${privateIpc ? ', in its own IPC namespace (PrivateIPC=yes): its sets are not in this table' : ''}`,
    );
  }
  const known = valueOrNull(settings);
  if (known !== null)
    lines.push(
      `User ${escape(known.user)} (uid ${known.uid}), mutex mechanism ${escape(known.mutexMechanism ?? 'unknown (httpd does not report it)')}`,
    );
  const living = lineages
    .filter(({ role }) => role !== 'other-program')
    .map((lineage) => escape(name(lineage)));
  if (living.length > 0) lines.push(`Running: ${living.join(', ')}`);
  else if (snapshot.visibility.known) lines.push('No httpd is running in this IPC namespace');
  return lines;
}

const BAR_WIDTH = 30;

function bars({ use }: Report, paint: Paint, { unicode }: TextStyle): string[] {
  if (!use.known) return ['The use of the semaphore table could not be read.'];
  const [usedMark, freeMark] = unicode ? ['█', '░'] : ['#', '-'];
  const bar = (label: string, one: Use): string => {
    const full = percent(one);
    const filled = Math.min(BAR_WIDTH, Math.round((full * BAR_WIDTH) / 100));
    const colour: Colour = full >= 100 ? 'red' : full >= 80 ? 'yellow' : 'green';
    return `${label.padEnd(11)} ${paint(colour, usedMark.repeat(filled))}${paint('dim', freeMark.repeat(BAR_WIDTH - filled))} ${one.used} of ${one.max} (${full} %)`;
  };
  return [bar('sets', use.value.sets), bar('semaphores', use.value.semaphores)];
}

const TITLE: Record<Verdict, string> = {
  orphan: 'leaked by a killed httpd; to remove: httpd-guard clean',
  unsure: 'cannot be proven to be orphaned; kept',
  'in-use': 'used by a running httpd; kept',
  foreign: 'of other programs; never removed',
};

/** What to do, unless all is well. */
function adviceLines({ health, cures }: Report): string[] {
  if (cures.length === 0 || health.status === 'ok') return [];
  return ['', 'To fix:', ...cures.flatMap((cure) => ['', ...cureLines(cure)])];
}

const MOST_ROWS = 8;

function group(verdict: Verdict, report: Report, style: TextStyle, paint: Paint): string[] {
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
function segmentGroup({ segments }: Report, { verbose }: TextStyle, paint: Paint): string[] {
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
