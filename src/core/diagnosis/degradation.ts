import type { MissingSets } from '../register/missing-sets.ts';
import { counted } from '../text/counted.ts';
import { shellWord } from '../text/shell-word.ts';
import type { LogLine } from './failure-facts.ts';

/** A server that runs without some of its sets, since they could not be created when it was started or reloaded. */
export interface Degradation {
  has: number;
  had: number;
  /** Whose lock is missing, for example "mod_wsgi group app2". Text of a log: escaped before it is shown. */
  locks: readonly string[];
  /** The first line that names one. */
  line: LogLine;
}

const MOST_LOCKS = 5;

/**
 * Null without both: the kernel has fewer sets of the run than of an earlier one, and this run logged that it could not create
 * one. A line alone can be forged, and fewer sets alone can be a configuration that needs fewer.
 */
export function degradation(missing: MissingSets | null, lines: readonly LogLine[]): Degradation | null {
  if (missing === null) return null;
  const { has, had, wsgiGroups } = missing;
  // A line of unknown time can be of an earlier run.
  const failed = lines.filter(({ match, atMs }) => match?.kind === 'create-failed' && atMs !== null);
  const [line] = failed;
  if (line === undefined) return null;
  const locks = [...new Set(failed.map(({ text }) => lockIn(text, wsgiGroups)))].slice(0, MOST_LOCKS);
  return { has, had, locks, line };
}

/** What to do: a reload creates all sets again, and fails without free sets. */
export function degradedSentence(unit: string, { has, had, locks }: Degradation): string {
  const which = locks.length === 1 ? 'has no lock' : 'have no locks';
  return `${unit} runs with ${counted(has, 'semaphore set')} instead of ${had}: ${locks.join(', ')} ${which}, since no set could be created. When sets are free (httpd-guard limits): systemctl reload ${shellWord(unit)}`;
}

/** mod_wsgi names its lock by its pid, the generation and the number of the group (mod_wsgi: src/server/mod_wsgi.c, wsgi_start_daemons). */
const WSGI_LOCK = /mod_wsgi \(pid=\d{1,10}\): .*\.\d{1,10}\.\d{1,10}\.(\d{1,6})\.lock'/;
const OF_HTTPD = /the (\S{1,100}) mutex/;
const MODULE = /\b(?:mod_\w{1,40}|ModSecurity)\b/;
const MOST_LINE = 200;

function lockIn(text: string, wsgiGroups: readonly string[]): string {
  const [, number] = WSGI_LOCK.exec(text) ?? [];
  const group = number === undefined ? undefined : wsgiGroups[Number(number) - 1];
  if (group !== undefined) return `mod_wsgi group ${group}`;
  const mutex = OF_HTTPD.exec(text)?.[1];
  return MODULE.exec(text)?.[0] ?? (mutex === undefined ? `"${text.slice(0, MOST_LINE)}"` : `mutex ${mutex}`);
}
