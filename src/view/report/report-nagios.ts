import { countVerdicts } from '../../core/check/health.ts';
import type { Report } from '../../core/check/report.ts';
import { type Use, leastUse } from '../../core/verdict/table-use.ts';
import { escape } from '../escape.ts';

/**
 * The output of a monitoring plugin (monitoring-plugins.org, Development Guidelines: "Plugin Output", "Performance data"):
 * the first line has the status, a reason and after "|" the figures as label=value;warn;crit;min;max. The other reasons follow.
 */
export function reportNagios(report: Report): string {
  const { health, use } = report;
  const inUse = use.known ? [`${use.value.sets.used} of ${use.value.sets.max} semaphore sets in use`] : [];
  // With status ok the reasons name only what could not be read, which is no headline.
  const [headline = 'nothing could be read', ...more] =
    health.status === 'ok' ? [...inUse, ...health.reasons] : [...health.reasons, ...inUse];
  const figures = performanceData(report);
  const first = `${status(health.status, headline)}${figures.length > 0 ? ` | ${figures.join(' ')}` : ''}`;
  return `${[first, ...more.map(plain)].join('\n')}\n`;
}

/** For an error that keeps the check from running: monitoring reads only stdout. */
export function unknownNagios(why: string): string {
  return `${status('unknown', why)}\n`;
}

function status(word: string, text: string): string {
  return `HTTPD-GUARD ${word.toUpperCase()} - ${plain(text)}`;
}

/** Replaces "|", which would start the figures. */
function plain(text: string): string {
  return escape(text).replaceAll('|', '/');
}

function performanceData({ use, judgements, snapshot, warnPercent, critPercent }: Report): string[] {
  if (!use.known) return [];
  const figure = (label: string, limit: Use): string =>
    `${label}=${limit.used};${threshold(limit, warnPercent)};${threshold(limit, critPercent)};0;${limit.max}`;
  const { sets, semaphores } = use.value;
  const isJudged = snapshot.sets.known && snapshot.visibility.known && snapshot.owner.known;
  return [
    figure('sets', sets),
    figure('semaphores', semaphores),
    ...(isJudged ? [`orphans=${countVerdicts(judgements).orphan};0;;0`] : []),
  ];
}

/** A range as the guidelines define it: "10" alerts above 10, hence one less than the use that alerts; "@0:" always alerts. */
function threshold(limit: Use, percent: number): string {
  const least = leastUse(limit, percent);
  return least === 0 ? '@0:' : String(least - 1);
}
