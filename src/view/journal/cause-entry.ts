import { isForSets } from '../../core/diagnosis/cause.ts';
import type { Cure } from '../../core/diagnosis/cures/cure.ts';
import type { Diagnosis } from '../../core/diagnosis/diagnosis.ts';
import { MOST_LINE, decisiveFact } from '../../core/diagnosis/decisive-fact.ts';
import { isFailure } from '../../core/diagnosis/is-failure.ts';
import type { FailureFacts } from '../../core/diagnosis/failure-facts.ts';
import { MESSAGE_ID } from '../../core/message-ids.ts';
import { PRIORITY_NUMBER, type Priority } from '../../core/priority.ts';
import { shellWord } from '../../core/text/shell-word.ts';
import { causeSentence } from '../diagnosis.ts';
import { escape } from '../escape.ts';

export interface CauseEntry {
  priority: Priority;
  sentence: string;
  /** The fields of the journal entry (documented in httpd-guard(8)). */
  fields: Record<string, string | number>;
}

/** The longest command that is quoted. */
const MOST_RUN = 120;

/** The journal entry about why a run of httpd failed; null if it did not fail. */
export function causeEntry(found: Diagnosis, { use, orphans, ending }: FailureFacts): CauseEntry | null {
  const { unit, cause, onlyByLog, evidence, cures } = found;
  if (!isFailure(cause, ending)) return null;
  const line = evidence.find(({ rule }) => rule === 'line')?.saw;
  const [cure] = cures;
  // The fact that matters: of a table the owners of its sets, of an unknown failure the last line of the log.
  const fact = onlyByLog && line !== undefined ? line.slice(0, MOST_LINE) : decisiveFact(cause, evidence);
  const seen = isForSets(cause) ? '' : ` (${fact})`;
  const run = cure === undefined ? '' : shortRun(cure, unit);
  const fix = cure === undefined ? '' : `; ${cure.say}${run === '' ? '' : `: ${run}`}`;
  const sentence = escape(`${unit}: ${causeSentence(found)}${seen}${fix}`);
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

/** The commands on one line; a pointer to `diagnose` for commands that are long or have side effects. */
function shortRun({ run, traps }: Cure, unit: string): string {
  const commands = run.join(' && ');
  return traps.length === 0 && commands.length <= MOST_RUN
    ? commands
    : `httpd-guard diagnose --unit ${shellWord(unit)}`;
}
