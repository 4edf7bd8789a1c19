import { isUp } from '../units/active-state.ts';
import type { MessageKind } from '../logs/message-rule.ts';
import type { Evidence } from '../evidence.ts';
import type { Cause } from './cause.ts';
import type { FailureFacts, LogLine } from './failure-facts.ts';
import { type Finding, findCause } from './find-cause.ts';
import { lastLines, lineToQuote } from './last-lines.ts';
import { mayLackSets } from './run-ending.ts';

/**
 * The same for people, with what the run's log says where the machine says nothing. Only lines of the run's last seconds
 * count, and none where systemd says that the run was killed. A line can be forged, so this serves to tell, never to act.
 */
export function explainFailure(facts: FailureFacts, runLines: readonly LogLine[]): Finding {
  const lines = lastLines(facts, runLines);
  const found = findCause(facts);
  const isSure = found.cause !== 'other' && found.cause !== 'none' && found.weak === undefined;
  // A line of semaphores bears a weak finding out; one of another kind speaks against it.
  const isBorneOut = found.weak === true && lines.some(({ match }) => match?.kind === 'create-failed');
  const told = isSure || isBorneOut ? null : lineCause(found, facts, lines);
  return told ?? withLines(found, lines, didExit(facts));
}

/** What single kinds of lines mean, when the machine shows nothing against it. */
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
    // Of a server that is up, only the loss of a set is a complaint.
    if (cause === undefined || (isServing && cause !== 'set-removed-while-live')) continue;
    const doubt: Evidence[] =
      cause === 'unknown' ? [{ rule: 'doubt', saw: DOUBT, source: '/proc/sysvipc/sem' }] : [];
    return { cause, evidence: [...found.evidence, ...doubt, asEvidence(line)] };
  }
  return null;
}

const DOUBT =
  'its log speaks of semaphores, but the kernel’s table has room: it had none for a moment, or the line is forged';

/** Whether the run ended by itself, with whatever exit status: not by a signal, a time limit or the OOM killer. */
function didExit({ unit, ending }: FailureFacts): boolean {
  return mayLackSets(ending?.result ?? (unit.known ? unit.value.result : ''));
}

/** With the line that an admin would look for, and in a leak with that of the run before that left its sets. */
function withLines(found: Finding, lines: readonly LogLine[], exited: boolean): Finding {
  if (found.cause === 'none' || found.cause === 'stopped-by-admin') return found;
  const source =
    found.cause === 'semaphore-leak' ? lines.find(({ match }) => match?.kind === 'leak-source') : undefined;
  const quoted = lineToQuote(found.cause, lines, exited);
  const evidence = [quoted ?? undefined, source].flatMap((line) =>
    line === undefined ? [] : [asEvidence(line)],
  );
  return { ...found, evidence: [...found.evidence, ...evidence] };
}

function asEvidence({ text, source }: LogLine): Evidence {
  return { rule: 'line', saw: text, source };
}
