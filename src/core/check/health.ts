import { isForSets } from '../diagnosis/cause.ts';
import { type Degradation, degradedSentence } from '../diagnosis/degradation.ts';
import { decisiveFact } from '../diagnosis/decisive-fact.ts';
import type { Diagnosis, ShownCause } from '../diagnosis/diagnosis.ts';
import type { Fact } from '../fact.ts';
import { shellWord } from '../text/shell-word.ts';
import { counted } from '../text/counted.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import { type TableUse, freeSets, percent } from '../verdict/table-use.ts';
import type { Judgement, Verdict } from '../verdict/verdict.ts';

export type Status = 'ok' | 'warning' | 'critical' | 'unknown';

export interface Health {
  status: Status;
  /** The findings that decided the status, worst first; then what could not be read. */
  reasons: string[];
}

export interface HealthQuestion {
  use: Fact<TableUse>;
  judgements: readonly Judgement[];
  unit: Fact<UnitFacts>;
  /** Why it is down; null if it is up. */
  finding: ShownCause | null;
  /** How many System V mutexes httpd registers: the most sets a start needs, not counting proxy balancers; null if httpd does not report it. */
  needed: number | null;
  /** Whether the unit has its own semaphore table (PrivateIPC=yes), so that this one does not affect it. */
  isApart: boolean;
  /** How many sets the running server has lost: another program removed them. */
  lostSets: number;
  /** It is up, but without some of its sets. */
  degraded: Degradation | null;
  /** Why the installed guard does not work, or has the wrong user of httpd, one sentence with its fix for each; else empty. */
  guardProblems: readonly string[];
  /** Whether an httpd was found here at all: a missing one is not a healthy one. */
  found: boolean;
  warnPercent: number;
  critPercent: number;
  /** Why a fact could not be read, one sentence for each. */
  missing: readonly string[];
}

/** Whether the semaphore table keeps httpd from starting, now or after the next kill -9. The worst finding decides the status. */
export function health(question: HealthQuestion): Health {
  const { use, judgements, finding, needed, isApart } = question;
  const { lostSets, degraded, guardProblems, found, warnPercent, critPercent, missing } = question;
  const critical: string[] = [];
  const warning: string[] = [];
  const count = countVerdicts(judgements);
  const unit = question.unit.known ? question.unit.value.name : 'httpd';
  const down = finding !== null && finding.cause !== 'none' && finding.cause !== 'stopped-by-admin';
  const whenFull = down
    ? `${unit} is down and cannot start`
    : finding?.cause === 'stopped-by-admin'
      ? `${unit} is stopped, and can start only after sets are freed`
      : 'httpd could not start again after a kill -9';

  if (use.known && !isApart) {
    for (const [what, limit] of Object.entries(use.value) as [string, TableUse['sets']][]) {
      const full = limit.used >= limit.max;
      const line = `${limit.used} of ${limit.max} ${what} in use (${percent(limit)} %)`;
      if (full) critical.push(`${line}: ${whenFull}`);
      else if (percent(limit) >= critPercent) critical.push(line);
      else if (percent(limit) >= warnPercent) warning.push(line);
    }
    const free = freeSets(use.value);
    if (down && isForSets(finding.cause) && free > 0 && needed !== null && free < needed)
      critical.push(
        `${unit} is down and may need ${counted(needed, 'set')}, but only ${free} can be created: httpd-guard diagnose`,
      );
  }
  if (lostSets > 0) critical.unshift(lostSentence(unit, lostSets));
  if (down && isForSets(finding.cause)) {
    if (critical.length === 0)
      critical.push(`${unit} is down because no semaphore set could be created: ${firstCommand(finding)}`);
  } else if (down)
    warning.push(`${unit} is down (${finding.cause}): ${shownFact(finding)}: httpd-guard diagnose`);
  if (count.orphan > 0)
    warning.push(
      `${counted(count.orphan, 'orphaned set')}, leaked by a killed httpd: httpd-guard clean removes ${count.orphan === 1 ? 'it' : 'them'}`,
    );
  // A lost set is missing as well.
  if (degraded !== null && lostSets === 0) warning.push(degradedSentence(unit, degraded));
  warning.push(...guardProblems);

  const reasons = [...critical, ...warning, ...(use.known ? [] : [use.why]), ...missing];
  if (critical.length > 0) return { status: 'critical', reasons };
  if (warning.length > 0) return { status: 'warning', reasons };
  return { status: use.known && question.unit.known && found ? 'ok' : 'unknown', reasons };
}

/** The fact that the cause is based on; that it is no fact if only the log shows it. */
function shownFact({ cause, evidence, onlyByLog }: ShownCause): string {
  const doubt = onlyByLog === true ? evidence.find(({ rule }) => rule === 'doubt') : undefined;
  return doubt?.saw ?? decisiveFact(cause, evidence);
}

/** `recover` if that brings it back, else `diagnose`, which explains. */
function firstCommand({ cures }: Pick<Diagnosis, 'cures'>): string {
  const recovers = cures[0]?.run.some((command) => command.startsWith('httpd-guard recover')) ?? false;
  return recovers ? 'httpd-guard recover' : 'httpd-guard diagnose';
}

export function countVerdicts(judgements: readonly Judgement[]): Record<Verdict, number> {
  const count = { orphan: 0, 'in-use': 0, foreign: 0, unsure: 0 };
  for (const { verdict } of judgements) count[verdict]++;
  return count;
}

/** What a running server that has lost sets is at risk of, and what helps. */
export function lostSentence(unit: string, sets: number): string {
  return `${unit} lost ${counted(sets, 'semaphore set')} while it is running (another program removed ${sets === 1 ? 'it' : 'them'}), so requests may hang or fail: systemctl restart ${shellWord(unit)}`;
}
