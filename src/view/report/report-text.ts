import type { UnitListing } from '../../core/httpd/choose-unit.ts';
import { valueOrNull } from '../../core/fact.ts';
import type { Report } from '../../core/check/report.ts';
import { name } from '../../core/verdict/lineage.ts';
import { type Use, percent } from '../../core/verdict/table-use.ts';
import { type Colour, type Paint, painter } from '../colour.ts';
import { cureLines } from '../diagnosis.ts';
import { escape } from '../escape.ts';
import { group, segmentGroup } from './groups.ts';
import { headline } from './headline.ts';
import type { TextStyle } from './text-style.ts';

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

/** What to do, unless all is well. */
function adviceLines({ health, cures }: Report): string[] {
  if (cures.length === 0 || health.status === 'ok') return [];
  return ['', 'To fix:', ...cures.flatMap((cure) => ['', ...cureLines(cure)])];
}
