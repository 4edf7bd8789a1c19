import type { Cause } from '../diagnosis/cause.ts';
import type { FailureFacts, ListeningOrphan } from '../diagnosis/failure-facts.ts';
import { hasFreeSetsAgain } from '../diagnosis/causes/of-table.ts';
import { findCause } from '../diagnosis/find-cause.ts';
import type { Attempts } from './attempts.ts';
import { nextAttempt } from './attempts.ts';
import { type UnitFacts, isForOthersToStart } from '../units/unit-facts.ts';
import { isChanging, isStuck, isUnsupervised, isUp } from '../units/unit-state.ts';
import type { Evidence } from '../evidence.ts';
import { counted } from '../text/counted.ts';

/** The configuration file's [recover]. */
export interface RecoveryPolicy {
  /** Whether orphaned workers of the unit that hold its port may be terminated. */
  reap: 'unit' | 'never';
  /** How long the unit must stay active before it counts as recovered. */
  settleMs: number;
  healthUrl: string | null;
  /** What to do if another program removed sets of the running server. */
  onSetRemoved: 'report' | 'restart';
}

/** What the decision depends on besides facts and policy. */
export interface RecoveryState {
  /** The earlier recoveries; null if there is no rate limit. */
  attempts: Attempts | null;
  /** False by hand. */
  automatic: boolean;
  /** Whether the health URL answers at all, whatever its status; null if it was not requested. */
  answers: boolean | null;
}

export type Step =
  | { do: 'wait'; ms: number }
  | { do: 'reap'; workers: readonly ListeningOrphan[] }
  | { do: 'clean' }
  | { do: 'reset-failed' }
  | { do: 'start' }
  | { do: 'restart' }
  | { do: 'settle'; ms: number }
  | { do: 'health'; url: string };

/** The result of a step. */
export interface StepDone {
  do: Step['do'];
  ok: boolean;
  tookMs: number;
  /** Why it failed. */
  why?: string;
}

/** The result of a recovery. */
export interface Recovery {
  unit: string | null;
  /** planned: a dry run, nothing was done. */
  outcome: 'healthy' | 'recovered' | 'left-alone' | 'unsure' | 'failed' | 'gave-up' | 'planned';
  cause: Cause | null;
  /** Whether only the log of the run shows the cause. */
  onlyByLog?: boolean;
  why: string;
  /** The steps that were taken. */
  steps: StepDone[];
  /** The steps that were planned. */
  plan: readonly Step[];
  /** Whether this recovery is the one that gave up, which is reported once. */
  gaveUpNow: boolean;
}

/** healthy: running already. left-alone: not handled by httpd-guard. unsure: facts are missing. gave-up: the rate limit is reached. */
export type Decision =
  | { act: true; cause: Cause; evidence: Evidence[]; steps: Step[] }
  | {
      act: false;
      outcome: 'healthy' | 'left-alone' | 'unsure' | 'gave-up';
      cause: Cause;
      why: string;
      /** Whether to retry in a moment, since very new sets cannot be proven to be orphaned yet. */
      lookAgain?: true;
    };

/**
 * Whether to recover httpd, and how. Decides by facts of the kernel and systemd; no log is read. `nowMs` is
 * milliseconds since 1970.
 */
export function decideRecovery(
  facts: FailureFacts,
  policy: RecoveryPolicy,
  { attempts: history, automatic, answers }: RecoveryState,
  nowMs: number,
): Decision {
  const { cause, evidence, weak, isBeforeStart } = findCause(facts);
  const not = (outcome: 'healthy' | 'left-alone' | 'unsure' | 'gave-up', why: string): Decision => ({
    act: false,
    outcome,
    cause,
    why,
  });
  if (!facts.unit.known) return not('unsure', facts.unit.why);
  const { active, sub, fileState, name } = facts.unit.value;
  if (cause === 'none' && isUp(facts.unit.value)) return not('healthy', `${name} is active (${sub})`);
  if (isForOthersToStart(fileState)) {
    const clean = facts.orphans > 0 ? '; remove orphaned sets first: httpd-guard clean' : '';
    return not(
      'left-alone',
      `the unit is ${fileState}, so it is started by hand or by a cluster manager${clean}`,
    );
  }
  // An admin who reset the failure and wants httpd back starts it, or runs recover, by hand.
  if (automatic && active === 'inactive' && facts.ending === null)
    return not('left-alone', 'it is not known to have failed by itself');
  if (automatic && active === 'inactive' && facts.ending?.result !== 'success')
    return not('left-alone', 'it failed and was reset since (systemctl reset-failed)');
  if (automatic && isBeforeStart === true && !isUnsupervised(facts.unit.value))
    return not('left-alone', 'it was killed: whether it starts again is up to Restart=');
  if (cause === 'none' || isChanging(facts.unit.value))
    return not('unsure', `it is ${active} (${sub}): systemd has not finished`);

  const isLost = cause === 'set-removed-while-live';
  if (isLost) {
    const obstacle = whyNoRestart(policy, answers);
    if (obstacle !== null) return not('left-alone', obstacle);
  }

  const workers =
    cause === 'port-held-by-orphans' && policy.reap === 'unit'
      ? facts.listeningOrphans.filter(({ inUnit }) => inUnit)
      : [];
  // Whose sets are in the table decides whether it is a leak.
  if (cause === 'other' && facts.ownerUnknown !== null) return not('unsure', facts.ownerUnknown);
  if (cause === 'unknown') return not('unsure', evidence.at(-1)?.saw ?? 'the cause is unknown');
  // An upper bound of the need is no proof that the table was too short.
  const isProven = weak === undefined || (facts.need !== null && facts.need.least > 0);
  const isOver = cause === 'semaphore-demand' && isProven && hasFreeSetsAgain(facts);
  if (cause === 'semaphore-demand' && !isOver)
    return facts.unsure > 0
      ? {
          act: false,
          outcome: 'unsure',
          cause,
          lookAgain: true,
          why: `the semaphore table is full, and ${counted(facts.unsure, 'set')} cannot be proven to be orphaned: ${facts.ownerUnknown ?? 'httpd-guard check --explain'}`,
        }
      : not('left-alone', 'no orphaned set to remove');
  // systemd does not notice the end of such a server, and never restarts it.
  const isGone = isUnsupervised(facts.unit.value) && cause === 'killed';
  if (cause !== 'semaphore-leak' && !isOver && !isGone && !isLost && workers.length === 0)
    return not('left-alone', 'nothing to recover');

  const next = history === null ? { waitMs: 0 } : nextAttempt(history, nowMs);
  if (next === null)
    return not(
      'gave-up',
      `${counted(history?.triesMs.length ?? 0, 'recovery', 'recoveries')} in 10 minutes did not last`,
    );
  const steps: Step[] = [
    ...(next.waitMs > 0 ? [{ do: 'wait', ms: next.waitMs } as const] : []),
    ...(workers.length > 0 ? [{ do: 'reap', workers } as const] : []),
    { do: 'clean' },
    ...startSteps(facts.unit.value),
    { do: 'settle', ms: policy.settleMs },
    ...(policy.healthUrl === null ? [] : [{ do: 'health', url: policy.healthUrl } as const]),
  ];
  return { act: true, cause, evidence, steps };
}

/** Whether a health URL of the server is to be requested for the decision. */
export function needsAnswer(
  { lost }: FailureFacts,
  { onSetRemoved, healthUrl }: RecoveryPolicy,
): string | null {
  return lost !== null && onSetRemoved === 'restart' ? healthUrl : null;
}

/** Only a server that does not answer is restarted: the requests of one that does would be cut off. */
function whyNoRestart({ onSetRemoved, healthUrl }: RecoveryPolicy, answers: boolean | null): string | null {
  if (onSetRemoved !== 'restart') return 'it lost sets while it is running, and on-set-removed = "report"';
  if (healthUrl === null)
    return 'it lost sets while it is running, and without health-url it is unknown whether it answers';
  return answers === false ? null : 'it lost sets while it is running, but it still answers';
}

/** To systemd a unit that is up, or stuck, needs no start. */
function startSteps(unit: UnitFacts): Step[] {
  return isUp(unit) || isStuck(unit) ? [{ do: 'restart' }] : [{ do: 'reset-failed' }, { do: 'start' }];
}
