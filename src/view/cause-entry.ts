import type { Cure } from '../core/diagnosis/cures.ts';
import type { Diagnosis } from '../core/diagnosis/diagnosis.ts';
import type { FailureFacts } from '../core/diagnosis/failure-facts.ts';
import { MESSAGE_ID } from '../core/message-ids.ts';
import { PRIORITY_NUMBER, type Priority } from '../core/priority.ts';
import { shellWord } from '../core/text/shell-word.ts';
import { causeSentence } from './diagnosis.ts';
import { escape } from './escape.ts';

export interface CauseEntry {
  priority: Priority;
  sentence: string;
  /** Of the journal's entry; an interface. */
  fields: Record<string, string | number>;
}

/** A line of a log may be as long as a request. */
const MOST_LINE = 500;
const MOST_RUN = 120;

/** The journal's entry on why a run ended; null where nothing went wrong. */
export function causeEntry(
  { unit, cause, evidence, cures }: Diagnosis,
  { use, orphans, ending }: FailureFacts,
): CauseEntry | null {
  if (cause === 'none' || cause === 'stopped-by-admin' || isPlainEnd(cause, ending)) return null;
  const line = evidence.find(({ rule }) => rule === 'line')?.saw;
  const [cure] = cures;
  const seen = cause === 'other' || cause === 'unknown' ? ` (${evidence[0]?.saw ?? ''})` : '';
  const run = cure === undefined ? '' : shortRun(cure, unit);
  // What changes more than this, or is long, is not for a line that is pasted in a hurry.
  const todo = cure === undefined ? '' : ` To do: ${cure.say}${run === '' ? '' : `: ${run}`}`;
  const sentence = escape(`${unit}: ${causeSentence(cause)}${seen}.${todo}`);
  const priority: Priority = cause === 'other' || cause === 'unknown' ? 'notice' : 'err';
  return {
    priority,
    sentence,
    fields: {
      MESSAGE: sentence,
      PRIORITY: PRIORITY_NUMBER[priority],
      MESSAGE_ID: MESSAGE_ID.cause,
      HTTPD_GUARD_UNIT: unit,
      HTTPD_GUARD_CAUSE: cause,
      HTTPD_GUARD_SETS_USED: use.known ? use.value.sets.used : 'unknown',
      HTTPD_GUARD_SETS_MAX: use.known ? use.value.sets.max : 'unknown',
      HTTPD_GUARD_ORPHANS: orphans,
      HTTPD_GUARD_LINE: line === undefined ? '-' : escape(line.slice(0, MOST_LINE)),
    },
  };
}

function shortRun({ run, traps }: Cure, unit: string): string {
  const commands = run.join(' && ');
  return traps.length === 0 && commands.length <= MOST_RUN
    ? commands
    : `httpd-guard diagnose --unit ${shellWord(unit)}`;
}

/** An exit with 0 that nothing speaks against: `apachectl stop` by hand. */
function isPlainEnd(cause: Diagnosis['cause'], ending: FailureFacts['ending']): boolean {
  return ending?.result === 'success' && (cause === 'other' || cause === 'unknown');
}
