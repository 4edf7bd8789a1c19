import type { Fact } from '../fact.ts';
import { shellWord } from '../text/shell-word.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import { isStuck } from '../units/unit-state.ts';
import type { GuardFacts } from './guard-facts.ts';
import { type GuardProblem, guardProblems } from './guard-problems.ts';

/** working: every guarded unit is, and the watcher runs. degraded: some part does not work, or could not be checked. */
export type GuardState = 'working' | 'degraded' | 'not-installed';

/** Whether a unit serves: what it listens on, and its health URL if one is configured. */
export interface ServingFacts {
  unit: string;
  facts: Fact<UnitFacts>;
  /** TCP ports of its main process; empty while it is down. */
  ports: Fact<readonly number[]>;
  /** Null without a health URL, or while the unit is down. */
  health: { url: string; complaint: string | null } | null;
}

export interface GuardStatus {
  state: GuardState;
  problems: readonly GuardProblem[];
}

/** `ownersUnknown`: units the owner of whose sets is unknown, so that none is removed, and what to set. */
export function guardStatus(
  guard: GuardFacts,
  serving: readonly ServingFacts[],
  ownersUnknown: readonly { unit: string; why: string }[],
): GuardStatus {
  if (guard.units.length === 0) return { state: 'not-installed', problems: [] };
  const problems = [
    ...guardProblems(guard),
    ...ownersUnknown.map(({ unit, why }) => ({ unit, saw: `${unit}: ${why}`, run: null })),
    ...serving.flatMap(servingProblems),
  ];
  return { state: problems.length === 0 ? 'working' : 'degraded', problems };
}

/** A stopped unit is no problem: that was on purpose. */
function servingProblems({ unit, facts, ports, health }: ServingFacts): GuardProblem[] {
  const run = `httpd-guard diagnose --unit ${shellWord(unit)}`;
  const problem = (saw: string): GuardProblem[] => [{ unit, saw, run }];
  if (!facts.known) return [{ unit, saw: facts.why, run: null }];
  if (facts.value.active === 'failed') return problem(`${unit} is failed`);
  if (isStuck(facts.value)) return problem(`${unit} is stuck in reloading, and its main process has exited`);
  if (health !== null && health.complaint !== null) return problem(`${unit}: ${health.complaint}`);
  if (facts.value.active === 'active' && ports.known && ports.value.length === 0)
    return problem(`${unit} is active, but listens on no port`);
  return [];
}
