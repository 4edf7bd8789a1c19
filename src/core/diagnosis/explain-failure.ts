import { isUp } from '../units/active-state.ts';
import type { MessageKind } from '../logs/message-rule.ts';
import type { Evidence } from '../evidence.ts';
import type { Cause } from './cause.ts';
import type { FailureFacts, LogLine } from './failure-facts.ts';
import { type Finding, findCause } from './find-cause.ts';

/**
 * The same for people, with what the run's log says where the machine says nothing. A line can be forged, so this serves
 * to tell, never to act.
 */
export function explainFailure(facts: FailureFacts, lines: readonly LogLine[]): Finding {
  const found = findCause(facts);
  const isSure = found.cause !== 'other' && found.cause !== 'none' && found.weak === undefined;
  // A line of semaphores bears a weak finding out; one of another kind speaks against it.
  const isBorneOut = found.weak === true && lines.some(({ match }) => match?.kind === 'create-failed');
  const told = isSure || isBorneOut ? null : lineCause(found, facts, lines);
  return told ?? withLine(found, lines);
}

/** What single kinds of lines mean, when the machine shows nothing against it. */
const CAUSE_OF: Partial<Record<MessageKind, Cause>> = {
  quota: 'quota-exceeded',
  'port-held': 'port-held-by-other',
  'set-removed': 'set-removed-while-live',
  'config-error': 'config-error',
};

function lineCause(found: Finding, { unit }: FailureFacts, lines: readonly LogLine[]): Finding | null {
  const told = lines.flatMap((line) => {
    const kind = line.match?.kind;
    const cause = kind === 'create-failed' ? 'unknown' : kind === undefined ? undefined : CAUSE_OF[kind];
    return cause === undefined ? [] : [{ cause, line }];
  });
  const last = told.at(-1);
  if (last === undefined) return null;
  // Of a server that is up, only the loss of a set is a complaint.
  if (unit.known && isUp(unit.value) && last.cause !== 'set-removed-while-live') return null;
  const doubt: Evidence[] =
    last.cause === 'unknown' ? [{ rule: 'doubt', saw: DOUBT, source: '/proc/sysvipc/sem' }] : [];
  return { cause: last.cause, evidence: [...found.evidence, ...doubt, asEvidence(last.line)] };
}

const DOUBT =
  'its log speaks of semaphores, but the kernel’s table has room: it had none for a moment, or the line is forged';

/** The last line that says something, as it is what an admin looks for. */
function withLine(found: Finding, lines: readonly LogLine[]): Finding {
  if (found.cause === 'none' || found.cause === 'stopped-by-admin') return found;
  const said =
    lines.findLast(({ match }) => match !== null && match.kind !== 'follow-up') ??
    lines.findLast(({ match, text }) => match === null && /[[:](emerg|alert|crit|error)\]/.test(text));
  return said === undefined ? found : { ...found, evidence: [...found.evidence, asEvidence(said)] };
}

function asEvidence({ text, source }: LogLine): Evidence {
  return { rule: 'line', saw: text, source };
}
