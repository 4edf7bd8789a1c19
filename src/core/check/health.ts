import { type Fact, valueOrNull } from '../fact.ts';
import { type TableUse, freeSets, percent } from '../verdict/table-use.ts';
import type { Judgement, Verdict } from '../verdict/verdict.ts';

export type Status = 'ok' | 'warning' | 'critical' | 'unknown';

export interface Health {
  status: Status;
  /** What made the status, worst first; then what could not be read. */
  reasons: string[];
}

export interface HealthQuestion {
  use: Fact<TableUse>;
  judgements: readonly Judgement[];
  /** The unit's ActiveState, or why it has none. */
  active: Fact<string>;
  unit: string;
  /** How many System V mutexes httpd registers: the most sets a start needs, balancers apart; null when it does not say. */
  needed: number | null;
  /** Whether its sets are in a table of its own (PrivateIPC=yes): then this one does not matter to it. */
  isApart: boolean;
  /** Whether it is down because it could get no set: that is critical also once there is room again. */
  isDownForSets: boolean;
  /** Whether there is an httpd here at all: a missing one is not a healthy one. */
  found: boolean;
  warnPercent: number;
  critPercent: number;
  /** Why single facts are missing. */
  missing: readonly string[];
}

/** Is httpd in danger of not starting for want of semaphores? The worst finding gives the status. */
export function health(question: HealthQuestion): Health {
  const { use, judgements, active, unit, needed, isApart, isDownForSets } = question;
  const { found, warnPercent, critPercent, missing } = question;
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
          `${line}: ${down ? `${unit} is down, and cannot get one` : 'a start of httpd after a kill -9 cannot get one'}`,
        );
      else if (percent(limit) >= critPercent) critical.push(line);
      else if (percent(limit) >= warnPercent) warning.push(line);
    }
    const free = freeSets(use.value);
    if (down && free > 0 && needed !== null && free < needed)
      critical.push(
        `${unit} is down, and may need up to ${needed} sets where ${free} can be made: httpd-guard diagnose`,
      );
  }
  if (isDownForSets && critical.length === 0)
    critical.push(`${unit} is down: it could get no semaphore set: httpd-guard recover`);
  if (count.orphan > 0)
    warning.push(
      `${count.orphan} ${count.orphan === 1 ? 'set' : 'sets'} left by a dead httpd: httpd-guard clean removes ${count.orphan === 1 ? 'it' : 'them'}`,
    );

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
