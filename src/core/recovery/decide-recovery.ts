import type { Cause } from '../diagnosis/cause.ts';
import type { FailureFacts, ListeningOrphan } from '../diagnosis/failure-facts.ts';
import { findCause, hasFreeSetsAgain } from '../diagnosis/find-cause.ts';
import type { Attempts } from './attempts.ts';
import { nextAttempt } from './attempts.ts';
import { isForOthersToStart } from '../units/unit-facts.ts';
import type { Evidence } from '../verdict/verdict.ts';

/** What the admin may choose; the configuration file's [recover]. */
export interface RecoveryPolicy {
  /** Whether orphaned workers of the unit that hold its port may be ended. */
  reap: 'unit' | 'never';
  /** How long the unit must stay active before it counts as recovered. */
  settleMs: number;
  healthUrl: string | null;
}

export type Step =
  | { do: 'wait'; ms: number }
  | { do: 'reap'; workers: readonly ListeningOrphan[] }
  | { do: 'clean' }
  | { do: 'reset-failed' }
  | { do: 'start' }
  | { do: 'settle'; ms: number }
  | { do: 'health'; url: string };

/** How a step went. */
export interface StepDone {
  do: Step['do'];
  ok: boolean;
  tookMs: number;
  /** Why it failed. */
  why?: string;
}

/** What became of a recovery. */
export interface Recovery {
  unit: string | null;
  /** planned: only looked, as was asked for. */
  outcome: 'healthy' | 'recovered' | 'left-alone' | 'unsure' | 'failed' | 'gave-up' | 'planned';
  cause: Cause | null;
  why: string;
  /** What was done. */
  steps: StepDone[];
  /** What was to be done. */
  plan: readonly Step[];
  /** The very moment of giving up: told once. */
  gaveUpNow: boolean;
}

/** healthy: up already. left-alone: not ours to touch. unsure: not enough is known. gave-up: tried often enough. */
export type Decision =
  | { act: true; cause: Cause; evidence: Evidence[]; steps: Step[] }
  | {
      act: false;
      outcome: 'healthy' | 'left-alone' | 'unsure' | 'gave-up';
      cause: Cause;
      why: string;
      /** Sets are too young to tell whose they are: in a moment more may be known. */
      lookAgain?: true;
    };

/**
 * Whether to bring httpd back, and how. Stands on what the kernel and systemd say; no log is asked. `history` is of
 * earlier recoveries, null where they do not limit this one; `nowMs` is the wall clock.
 */
export function decideRecovery(
  facts: FailureFacts,
  policy: RecoveryPolicy,
  { attempts: history, automatic }: { attempts: Attempts | null; automatic: boolean },
  nowMs: number,
): Decision {
  const { cause, evidence, weak } = findCause(facts);
  const not = (outcome: 'healthy' | 'left-alone' | 'unsure' | 'gave-up', why: string): Decision => ({
    act: false,
    outcome,
    cause,
    why,
  });
  if (!facts.unit.known) return not('unsure', facts.unit.why);
  const { active, sub, fileState, name } = facts.unit.value;
  if (active === 'active') return not('healthy', `${name} is active (${sub})`);
  if (isForOthersToStart(fileState)) {
    const room = facts.orphans > 0 ? '; httpd-guard clean makes room for that' : '';
    return not('left-alone', `${name} is ${fileState}, so it is for others to start${room}`);
  }
  // A person who wants it back asks for that by hand.
  if (automatic && active === 'inactive' && facts.ending !== null && facts.ending.result !== 'success')
    return not(
      'left-alone',
      `${name} failed, and was reset since (systemctl reset-failed): stopped-by-admin`,
    );
  if (cause === 'none') return not('unsure', `${name} is ${active} (${sub}): systemd is at work`);

  const workers = cause === 'port-held-by-orphans' && policy.reap === 'unit' ? facts.listeningOrphans : [];
  if (cause === 'unknown') return not('unsure', evidence.at(-1)?.saw ?? 'why it is down is not known');
  const isOver = cause === 'semaphore-demand' && weak === undefined && hasFreeSetsAgain(facts);
  if (cause === 'semaphore-demand' && !isOver)
    return facts.unsure > 0
      ? {
          ...{ act: false, outcome: 'unsure', cause, lookAgain: true },
          why: `the table has no room, and whether ${facts.unsure} of its sets are left over cannot be proven: httpd-guard check --explain`,
        }
      : not('left-alone', `${cause}: the table has no room, and nothing in it is known to be left over`);
  if (cause !== 'semaphore-leak' && !isOver && workers.length === 0)
    return not('left-alone', `its failure is of another kind: ${cause}`);

  const next = history === null ? { waitMs: 0 } : nextAttempt(history, nowMs);
  if (next === null) return not('gave-up', `${history?.triesMs.length ?? 0} recoveries did not last`);
  const steps: Step[] = [
    ...(next.waitMs > 0 ? [{ do: 'wait', ms: next.waitMs } as const] : []),
    ...(workers.length > 0 ? [{ do: 'reap', workers } as const] : []),
    { do: 'clean' },
    { do: 'reset-failed' },
    { do: 'start' },
    { do: 'settle', ms: policy.settleMs },
    ...(policy.healthUrl === null ? [] : [{ do: 'health', url: policy.healthUrl } as const]),
  ];
  return { act: true, cause, evidence, steps };
}
