import { isUp } from '../units/unit-state.ts';
import type { MessageKind } from '../logs/message-rule.ts';
import type { Evidence } from '../evidence.ts';
import { type Cause, isForSets } from './cause.ts';
import { degradation, degradedSentence } from './degradation.ts';
import type { FailureFacts, LogLine } from './failure-facts.ts';
import { findCause } from './find-cause.ts';
import type { Finding } from './finding.ts';
import { firstFatal, lastLines, lineToQuote } from './last-lines.ts';
import { mayLackSets } from './run-ending.ts';

/**
 * The cause for display: as by `findCause`, and by the log of the run if the machine shows none, which is marked so. Only lines of the run's last
 * seconds are used, and none if the run was killed. A line can be forged, so this is never a reason to act.
 */
export function explainFailure(facts: FailureFacts, runLines: readonly LogLine[]): Finding {
  const lines = lastLines(facts, runLines);
  const found = findCause(facts);
  const isOwnerUnknown = found.evidence.some(({ rule }) => rule === 'owner-unknown');
  const isSure =
    found.cause !== 'other' && found.cause !== 'none' && found.weak === undefined && !isOwnerUnknown;
  // A line about what is full confirms a weak finding; a fatal line about another failure contradicts it.
  const isConfirmed = found.weak === true && lines.some((line) => confirms(found.cause, line));
  const byLine = isSure || isConfirmed ? null : lineCause(found, facts, lines);
  if (byLine !== null) return byLine;
  if (found.cause === 'none') return withDegradation(found, facts, lines);
  const contradiction =
    found.weak !== true || isConfirmed
      ? null
      : isOfTable(found.cause)
        ? lineToQuote('other', lines, didExit(facts))
        : firstFatal(lines);
  return contradiction == null
    ? withLines(found, lines, { exited: didExit(facts), hasRun: hasFailedCommand(facts) })
    : { cause: 'other', evidence: [asEvidence(contradiction), ...found.evidence] };
}

/** Findings that a line about semaphores confirms; after too many starts, that of the start before. */
function isOfTable(cause: Cause): boolean {
  return isForSets(cause) || cause === 'not-started';
}

/** Of a disk any line about space. */
function confirms(cause: Cause, { match, text }: LogLine): boolean {
  if (isOfTable(cause)) return match?.kind === 'create-failed';
  if (cause === 'port-held-by-other') return match?.kind === 'port-held';
  return match === null ? OF_SPACE.test(text) : OF_SPACE_KINDS.has(match.kind);
}

const OF_SPACE = /\((?:28|122)\)[^ ]|No space left on device|Disk quota exceeded/;
const OF_SPACE_KINDS: ReadonlySet<MessageKind> = new Set([
  'create-failed',
  'create-failed-file',
  'no-room-elsewhere',
  'quota',
]);

/** It is running, so there is no failure, but not all of it works. */
function withDegradation(found: Finding, facts: FailureFacts, lines: readonly LogLine[]): Finding {
  const degraded = facts.unit.known ? degradation(facts.missingSets, lines) : null;
  if (degraded === null || !facts.unit.known) return found;
  const saw = degradedSentence(facts.unit.value.name, degraded);
  const need: Evidence = { rule: 'need', saw, source: 'register' };
  return { ...found, evidence: [...found.evidence, need, asEvidence(degraded.line)] };
}

/** Causes by kinds of lines, if the machine shows no other cause. */
const CAUSE_OF: Partial<Record<MessageKind, Cause>> = {
  'create-failed': 'unknown',
  quota: 'quota-exceeded',
  'port-held': 'port-held-by-other',
  'set-removed': 'set-removed-while-live',
  'config-error': 'config-error',
};

function lineCause(found: Finding, facts: FailureFacts, lines: readonly LogLine[]): Finding | null {
  const { unit } = facts;
  const isServing = unit.known && isUp(unit.value);
  if (!isServing && !didExit(facts)) return null;
  for (const line of lines) {
    const cause = line.match === null ? undefined : CAUSE_OF[line.match.kind];
    // For a running server only the loss of a set is a failure.
    if (cause === undefined || (isServing && cause !== 'set-removed-while-live')) continue;
    const doubt: Evidence =
      cause === 'unknown'
        ? { rule: 'doubt', saw: DOUBT, source: '/proc/sysvipc/sem' }
        : { rule: 'doubt', saw: ONLY_BY_LOG, source: line.source };
    return { cause, evidence: [...found.evidence, doubt, asEvidence(line)] };
  }
  return null;
}

const DOUBT =
  'its log names a semaphore error, but the table has free sets: it was full for a moment, or the line is forged';

const ONLY_BY_LOG = 'only its log shows this, and a line of a log can be forged';

/** Whether httpd itself exited, with any exit status: not by a signal, a timeout or the OOM killer. */
function didExit({ unit, ending }: FailureFacts): boolean {
  return mayLackSets(ending?.result ?? (unit.known ? unit.value.result : ''));
}

/** Not failures of a run, so the log of the last run is about something else. */
const LOG_NOTHING: ReadonlySet<Cause> = new Set(['none', 'stopped-by-admin', 'not-started']);

/** Whether a command before or after httpd's own failed: then even a start that never got to httpd has printed why. */
function hasFailedCommand({ unit }: FailureFacts): boolean {
  return unit.known && unit.value.failedCommand !== null;
}

/** Adds the line that an admin would look for, and for a leak the line about the kill that leaked the sets. */
function withLines(
  found: Finding,
  lines: readonly LogLine[],
  { exited, hasRun }: { exited: boolean; hasRun: boolean },
): Finding {
  if (LOG_NOTHING.has(found.cause) && !(found.cause === 'not-started' && hasRun)) return found;
  const source =
    found.cause === 'semaphore-leak' ? lines.find(({ match }) => match?.kind === 'leak-source') : undefined;
  const quoted = lineToQuote(
    found.cause,
    // httpd -t printed the same.
    lines.filter(
      ({ text }) =>
        !found.evidence.some(({ rule, saw }) => rule === 'configuration' && saw.includes(text.trim())),
    ),
    exited,
  );
  const evidence = [quoted ?? undefined, source].flatMap((line) =>
    line === undefined ? [] : [asEvidence(line)],
  );
  return { ...found, evidence: [...found.evidence, ...evidence] };
}

function asEvidence({ text, source }: LogLine): Evidence {
  return { rule: 'line', saw: text.trimEnd(), source };
}
