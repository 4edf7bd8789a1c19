import { type Fact, valueOrNull } from '../fact.ts';
import type { ActiveState } from '../units/active-state.ts';
import { counted } from '../text/counted.ts';
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
  /** The unit's ActiveState, or why it is unknown. */
  active: Fact<ActiveState>;
  unit: string;
  /** How many System V mutexes httpd registers: the most sets a start needs, not counting proxy balancers; null if httpd does not report it. */
  needed: number | null;
  /** Whether the unit has its own semaphore table (PrivateIPC=yes), so that this one does not affect it. */
  isApart: boolean;
  /** Whether it is down because no set could be created: critical even if sets are free by now. */
  isDownForSets: boolean;
  /** Why the installed guard does not work, one sentence with its fix for each; empty if it works or is not installed. */
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
  const { use, judgements, active, unit, needed, isApart, isDownForSets } = question;
  const { guardProblems, found, warnPercent, critPercent, missing } = question;
  const critical: string[] = [];
  const warning: string[] = [];
  const count = countVerdicts(judgements);

  if (use.known && !isApart) {
    const down = valueOrNull(active) === 'failed';
    for (const [what, limit] of Object.entries(use.value) as [string, TableUse['sets']][]) {
      const full = limit.used >= limit.max;
      const line = `${limit.used} of ${limit.max} ${what} in use (${percent(limit)} %)`;
      if (full)
        critical.push(
          `${line}: ${down ? `${unit} is down and cannot start` : 'httpd could not start again after a kill -9'}`,
        );
      else if (percent(limit) >= critPercent) critical.push(line);
      else if (percent(limit) >= warnPercent) warning.push(line);
    }
    const free = freeSets(use.value);
    if (down && free > 0 && needed !== null && free < needed)
      critical.push(
        `${unit} is down and may need ${counted(needed, 'set')}, but only ${free} can be created: httpd-guard diagnose`,
      );
  }
  if (isDownForSets && critical.length === 0)
    critical.push(`${unit} is down because no semaphore set could be created: httpd-guard recover`);
  if (count.orphan > 0)
    warning.push(
      `${counted(count.orphan, 'orphaned set')}, leaked by a killed httpd: httpd-guard clean removes ${count.orphan === 1 ? 'it' : 'them'}`,
    );
  warning.push(...guardProblems);

  const reasons = [...critical, ...warning, ...(use.known ? [] : [use.why]), ...missing];
  if (critical.length > 0) return { status: 'critical', reasons };
  if (warning.length > 0) return { status: 'warning', reasons };
  return { status: use.known && found ? 'ok' : 'unknown', reasons };
}

export function countVerdicts(judgements: readonly Judgement[]): Record<Verdict, number> {
  const count = { orphan: 0, 'in-use': 0, foreign: 0, unsure: 0 };
  for (const { verdict } of judgements) count[verdict]++;
  return count;
}
