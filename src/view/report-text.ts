import type { UnitListing } from '../core/httpd/choose-unit.ts';
import { cures } from '../core/diagnosis/cures.ts';
import { valueOrNull } from '../core/fact.ts';
import { type Health, countVerdicts } from '../core/check/health.ts';
import { name } from '../core/verdict/lineage.ts';
import type { Report } from '../core/check/report.ts';
import { type Use, percent } from '../core/verdict/table-use.ts';
import type { Judgement, Verdict } from '../core/verdict/verdict.ts';
import { type Colour, type Paint, painter } from './colour.ts';
import { cureLines } from './diagnosis.ts';
import { escape } from './escape.ts';

export interface TextStyle {
  colour: boolean;
  /** The headline alone. */
  quiet: boolean;
  /** Every set, not the first few of a group. */
  verbose: boolean;
  /** What each rule saw and where to look again. */
  explain: boolean;
}

/** `check` for people: is httpd in danger, how full is the table, and which set is whose. */
export function reportText(report: Report, style: TextStyle): string {
  const paint = painter(style.colour);
  const lines = [headline(report, paint)];
  if (!style.quiet) {
    lines.push(...report.health.reasons.map((reason) => `  ${escape(reason)}`));
    const about = server(report);
    lines.push(...(about.length > 0 ? ['', ...about] : []), '', ...bars(report, paint));
    for (const verdict of ['orphan', 'unsure', 'in-use', 'foreign'] as const)
      lines.push(...group(verdict, report, style, paint));
    lines.push(...segmentGroup(report, style, paint));
    if (style.explain) lines.push(...advice(report));
    if (report.otherUnits.length > 0)
      lines.push('', `Also here: ${report.otherUnits.map(otherUnit).join(', ')}; look at one with --unit`);
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

function sentence({ health, judgements, use, unit }: Report): string {
  const { orphan } = countVerdicts(judgements);
  const full =
    use.known &&
    (use.value.sets.used >= use.value.sets.max || use.value.semaphores.used >= use.value.semaphores.max);
  const who = unit.known ? escape(unit.value.name) : 'httpd';
  switch (health.status) {
    case 'ok':
      return `${who} is in no danger from semaphores.`;
    case 'warning':
      return orphan > 0
        ? `${who} is not in danger yet, but a dead httpd left ${orphan} semaphore ${orphan === 1 ? 'set' : 'sets'} behind.`
        : `${who} is not in danger yet, but the semaphore table fills up.`;
    case 'critical':
      if (!full)
        return unit.known && unit.value.active === 'failed'
          ? `${who} is down, and may not start again: the semaphore table has too little room.`
          : `${who} is in danger: the semaphore table is nearly full.`;
      return `${who} ${unit.known && unit.value.active === 'active' ? 'could not start again after a kill -9' : 'cannot start again'}: the semaphore table is full, ${
        orphan > 0
          ? `${orphan} of the sets left by a dead httpd`
          : 'and nothing in it is known to be left by a dead httpd: httpd-guard limits says who has it'
      }.`;
    case 'unknown':
      return 'Whether httpd is in danger could not be seen.';
  }
}

function server({ unit, settings, lineages, snapshot }: Report): string[] {
  const lines: string[] = [];
  if (unit.known) {
    const { name: unitName, active, sub, mainPid, privateIpc } = unit.value;
    const pid = mainPid === 0 ? '' : `, main pid ${mainPid}`;
    lines.push(
      `${escape(unitName)}: ${active} (${sub})${pid}${privateIpc ? ', with an IPC namespace of its own (PrivateIPC=yes): its sets are not in this table' : ''}`,
    );
  }
  const known = valueOrNull(settings);
  if (known !== null)
    lines.push(
      `User ${escape(known.user)} (uid ${known.uid}), mutexes ${escape(known.mutexMechanism ?? 'of a kind httpd does not tell')}`,
    );
  const living = lineages
    .filter(({ role }) => role !== 'other-program')
    .map((lineage) => escape(name(lineage)));
  if (living.length > 0) lines.push(`Alive: ${living.join(', ')}`);
  else if (snapshot.visibility.known) lines.push('No httpd is alive in this IPC namespace');
  return lines;
}

const BAR_WIDTH = 30;

function bars({ use }: Report, paint: Paint): string[] {
  if (!use.known) return ['How full the table is could not be read.'];
  const bar = (label: string, one: Use): string => {
    const full = percent(one);
    const filled = Math.min(BAR_WIDTH, Math.round((full * BAR_WIDTH) / 100));
    const colour: Colour = full >= 100 ? 'red' : full >= 80 ? 'yellow' : 'green';
    return `${label.padEnd(11)} ${paint(colour, '█'.repeat(filled))}${paint('dim', '░'.repeat(BAR_WIDTH - filled))} ${one.used} of ${one.max} (${full} %)`;
  };
  return [bar('sets', use.value.sets), bar('semaphores', use.value.semaphores)];
}

const TITLE: Record<Verdict, string> = {
  orphan: 'left by a dead httpd; httpd-guard clean removes',
  unsure: 'not certain; kept',
  'in-use': 'of a living httpd; kept',
  foreign: 'of other programs; never touched',
};

/** What to do about the table, where httpd's mutexes are in it and something is wrong. */
function advice({ health, use, unit, settings, judgements }: Report): string[] {
  const none = !settings.known || settings.value.sysvMutexes === null || settings.value.sysvMutexes === 0;
  if (none || !unit.known || !use.known || health.status === 'ok') return [];
  const cause = countVerdicts(judgements).orphan > 0 ? 'semaphore-leak' : 'semaphore-demand';
  // Which are unsure, and why, stands above.
  const patient = {
    unit: unit.value.name,
    facts: unit,
    pids: [],
    use,
    unsure: 0,
    blockingServers: [],
    hasFreeSetsAgain: false,
    outsider: null,
  };
  return ['', 'What helps:', ...cures(cause, patient).flatMap((cure) => ['', ...cureLines(cure)])];
}

const MOST_ROWS = 8;

function group(verdict: Verdict, { judgements }: Report, style: TextStyle, paint: Paint): string[] {
  const members = judgements.filter((judgement) => judgement.verdict === verdict);
  if (members.length === 0) return [];
  const shown = style.verbose ? members : members.slice(0, MOST_ROWS);
  const hidden = members.length - shown.length;
  return [
    '',
    paint('bold', `${verdict}: ${members.length} (${TITLE[verdict]})`),
    ...because(members, style),
    paint('dim', '        id        key    uid   made by  sems  last changed'),
    ...shown.map(row),
    ...(hidden > 0 ? [paint('dim', `        … and ${hidden} more (--verbose shows all)`)] : []),
  ];
}

/** The reasons of a group, each once, with how many sets it stands for. */
function because(members: readonly Judgement[], { explain }: TextStyle): string[] {
  const reasons = new Map<string, { count: number; source: string }>();
  for (const { rule, saw, source } of members.flatMap(({ evidence }) => evidence)) {
    const key = explain ? `${rule}: ${saw}` : (REASON[rule] ?? saw);
    const before = reasons.get(key);
    if (before === undefined) reasons.set(key, { count: 1, source });
    else before.count++;
  }
  const shown = [...reasons].slice(0, MOST_ROWS);
  const lines = shown.map(
    ([text, { count, source }]) => `  ${count} × ${escape(text)}${explain ? ` [${source}]` : ''}`,
  );
  return reasons.size > shown.length
    ? [...lines, `  … and ${reasons.size - shown.length} more reasons`]
    : lines;
}

/** Short words for rules whose `saw` differs from set to set. */
const REASON: Partial<Record<string, string>> = {
  'not-a-mutex': 'key, count or mode are not those of an httpd mutex',
  'other-owner': 'belongs to, or was made by, another user',
  'not-known-to': 'older than every living httpd that could know it',
};

/** Shared memory that is left over: a word, no alarm, for it is no semaphore. */
function segmentGroup({ segments }: Report, { verbose }: TextStyle, paint: Paint): string[] {
  const orphans = (valueOrNull(segments) ?? []).filter(({ verdict }) => verdict === 'orphan');
  if (orphans.length === 0) return [];
  const shown = verbose ? orphans : orphans.slice(0, MOST_ROWS);
  const hidden = orphans.length - shown.length;
  return [
    '',
    paint(
      'bold',
      `shared memory: ${orphans.length} detached, of a dead maker (no semaphores; httpd-guard clean --shm-key KEY removes)`,
    ),
    paint('dim', '        id        key       bytes'),
    ...shown.map(
      ({ segment: { id, key, size } }) =>
        `${String(id).padStart(10)} ${keyText(key)} ${String(size).padStart(11)}`,
    ),
    ...(hidden > 0 ? [paint('dim', `        … and ${hidden} more (--verbose shows all)`)] : []),
  ];
}

function keyText(key: number): string {
  return `0x${(key >>> 0).toString(16).padStart(8, '0')}`;
}

function row({ set }: Judgement): string {
  const key = keyText(set.key);
  const changed = new Date(set.ctime * 1000).toISOString().replace('T', ' ').replace('.000Z', 'Z');
  return `${String(set.id).padStart(10)} ${key} ${String(set.uid).padStart(6)} ${String(set.cuid).padStart(9)} ${String(set.nsems).padStart(5)}  ${changed}`;
}
