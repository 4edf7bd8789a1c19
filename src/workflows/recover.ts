import { setTimeout as pause } from 'node:timers/promises';
import { isForSets } from '../core/diagnosis/cause.ts';
import { type Fact, known, unknown } from '../core/fact.ts';
import type { FailureFacts } from '../core/diagnosis/failure-facts.ts';
import { findCause } from '../core/diagnosis/find-cause.ts';
import { recent } from '../core/recovery/attempts.ts';
import {
  type Decision,
  type Recovery,
  type RecoveryPolicy,
  type Step,
  type StepDone,
  decideRecovery,
} from '../core/recovery/decide-recovery.ts';
import { endingFoundLater } from '../core/diagnosis/run-ending.ts';
import { type Server, type Wanted, findServer } from './find-server.ts';
import { answersHealthy } from '../host/httpd/health-check.ts';
import { collectFailureFacts } from './collect-failure-facts.ts';
import { terminate } from '../host/proc/terminate.ts';
import { keepAttempts, readAttempts } from '../host/state/attempts.ts';
import { keepRunEnding } from '../host/state/keep-run-ending.ts';
import { readRunEnding } from '../host/state/read-run-ending.ts';
import { isChanging, waitForUnit } from '../host/systemd/wait-for-unit.ts';
import { withSystemdActions } from '../host/systemd/with-systemd-actions.ts';
import { escape } from '../view/escape.ts';
import { removeOrphans } from './remove-orphans.ts';

export interface RecoveryQuestion {
  wanted: Wanted;
  policy: RecoveryPolicy;
  /** Nobody sits before it: bounded tries, with waits. */
  automatic: boolean;
  dryRun: boolean;
}

const ASK_TIMEOUT_MS = 5_000;
const WRITE_TIMEOUT_MS = 2_000;
/** ctime counts whole seconds, and two more are the margin of the verdict (clock.ts). */
const YOUNG_MS = 3_500;
/** systemd's own restart may wait for RestartSec=. */
const SETTLED_WITHIN_MS = 180_000;

/**
 * One recovery: waits until systemd is done with the unit, looks, decides, acts step by step, and proves that httpd stays
 * up. Whatever was not foreseen ends it, with nothing more done.
 */
export async function recover(question: RecoveryQuestion): Promise<Recovery> {
  const server = await settledServer(question.wanted);
  const unit = server.unit.known ? server.unit.value.name : null;
  const decision = await decideInTime(server, question);
  const ended = (outcome: Recovery['outcome'], why: string, more: Partial<Recovery> = {}): Recovery => ({
    unit,
    outcome,
    cause: decision.known ? decision.value.cause : null,
    why,
    steps: [],
    plan: [],
    gaveUpNow: false,
    ...more,
  });
  if (!decision.known) return ended('unsure', decision.why);
  if (unit === null || !decision.value.act) return refuse(decision.value, unit, ended, question);
  const { steps: plan } = decision.value;
  if (question.dryRun) return ended('planned', 'nothing was done', { plan });
  const counted = question.automatic ? count(unit) : known(true);
  if (!counted.known) return ended('failed', counted.why);
  return act(unit, server, plan, question, ended);
}

type Ended = (outcome: Recovery['outcome'], why: string, more?: Partial<Recovery>) => Recovery;

function refuse(decision: Decision, unit: string | null, ended: Ended, question: RecoveryQuestion): Recovery {
  if (decision.act) return ended('unsure', 'it has no name');
  const { outcome, why } = decision;
  if (outcome !== 'gave-up' || unit === null || question.dryRun) return ended(outcome, why);
  const history = readAttempts(unit);
  const gaveUpNow = history.known && !history.value.gaveUp;
  // Where it cannot be kept, it is told again.
  if (history.known) keepAttempts(unit, { ...history.value, gaveUp: true });
  return ended(outcome, why, { gaveUpNow });
}

/** The server, once systemd has ended what it was doing with its unit. */
async function settledServer(wanted: Wanted): Promise<Server> {
  const server = await findServer(wanted, 'remember', ASK_TIMEOUT_MS);
  if (!server.unit.known || !isChanging(server.unit.value)) return server;
  const settled = await waitForUnit(server.unit.value.name, SETTLED_WITHIN_MS, (facts) => !isChanging(facts));
  // What is asked for is asked of httpd again: its configuration may have been mended meanwhile.
  return settled.known ? findServer(wanted, 'remember', ASK_TIMEOUT_MS) : { ...server, unit: settled };
}

/** Whose a set is can be told when it is older than those that live. */
async function decideInTime(server: Server, question: RecoveryQuestion): Promise<Fact<Decision>> {
  const first = await decide(server, question);
  if (!first.known || first.value.act || first.value.lookAgain !== true) return first;
  await pause(YOUNG_MS);
  return decide(await settledServer(question.wanted), question);
}

/** `isCounted`: this attempt is counted already, and earlier ones no longer limit it. */
async function decide(
  server: Server,
  { policy, automatic }: RecoveryQuestion,
  isCounted = false,
): Promise<Fact<Decision>> {
  const unit = server.unit.known ? server.unit.value.name : null;
  const history = automatic && !isCounted && unit !== null ? readAttempts(unit) : known(null);
  if (!history.known) return history;
  const endingOf = (invocationId: string) => (unit === null ? null : readRunEnding(unit, invocationId));
  const facts = await collectFailureFacts(server, endingOf, performance.now() + ASK_TIMEOUT_MS);
  if (automatic) keepEnding(facts);
  return known(decideRecovery(facts, policy, { attempts: history.value, automatic }, Date.now()));
}

/** Of a run whose end ExecStopPost did not see: for a look once there is room, which would find nothing wrong any more. */
function keepEnding(facts: FailureFacts): void {
  const { unit, ending, use, orphans } = facts;
  if (!unit.known || unit.value.active !== 'failed' || ending !== null || !use.known) return;
  const { cause } = findCause(facts);
  if (!isForSets(cause)) return;
  const kept = keepRunEnding(unit.value.name, endingFoundLater(unit.value, use.value, orphans, cause));
  if (!kept.known) process.stderr.write(`httpd-guard: ${escape(kept.why)}\n`);
}

/** Before it acts: a guard that is killed half-way has used up its try, and what cannot be counted is not tried. */
function count(unit: string): Fact<true> {
  const history = readAttempts(unit);
  if (!history.known) return history;
  const { triesMs, gaveUp } = recent(history.value, Date.now());
  return keepAttempts(unit, { triesMs: [...triesMs, Date.now()], gaveUp });
}

async function act(
  unit: string,
  server: Server,
  plan: readonly Step[],
  question: RecoveryQuestion,
  ended: Ended,
): Promise<Recovery> {
  const steps: StepDone[] = [];
  for (const step of plan) {
    const began = performance.now();
    const result = await take(step, unit, server);
    const tookMs = Math.round(performance.now() - began);
    steps.push({ do: step.do, ok: result.known, tookMs, ...(result.known ? {} : { why: result.why }) });
    if (!result.known)
      return ended('failed', step.do === 'health' ? `it runs, but ${result.why}` : result.why, {
        steps,
        plan,
      });
    // Somebody may have done something meanwhile: what was decided before no longer counts.
    if (step.do !== 'wait') continue;
    const fresh = await decide(await settledServer({ ...question.wanted, unit }), question, true);
    if (!fresh.known) return ended('unsure', fresh.why, { steps, plan });
    if (!fresh.value.act) return ended(fresh.value.outcome, fresh.value.why, { steps, plan });
  }
  return ended('recovered', `${unit} is active again`, { steps, plan });
}

/** Known when the step was taken and did what it is for. */
async function take(step: Step, unit: string, server: Server): Promise<Fact<true>> {
  switch (step.do) {
    case 'wait':
      await pause(step.ms);
      return known(true);
    case 'reap': {
      const left = await terminate(step.workers);
      return left.length === 0 ? known(true) : unknown(`workers ${left.join(', ')} cannot be ended`);
    }
    case 'clean':
      return clean(unit, server);
    case 'reset-failed':
      return withSystemdActions((systemd) => systemd.resetFailed(unit));
    case 'start':
      return start(unit);
    case 'settle':
      return settle(unit, step.ms);
    case 'health':
      return answersHealthy(step.url);
  }
}

/** On a busy machine processes come and go while they are counted, and sets stay that the next look proves to be orphans. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 150;

async function clean(unit: string, server: Server): Promise<Fact<true>> {
  for (let look = 1; ; look++) {
    const cleared = await cleanOnce(unit, server);
    if (!cleared.known) return cleared;
    if (!cleared.value.doubt || look === LOOKS) return known(true);
    await pause(BETWEEN_LOOKS_MS);
  }
}

/** Known is whether sets stay of which nobody could tell whose they are. */
async function cleanOnce(unit: string, { owner }: Server): Promise<Fact<{ doubt: boolean }>> {
  const deadlineMs = performance.now() + ASK_TIMEOUT_MS;
  const { result, untold } = await removeOrphans({
    owner,
    onlyIds: null,
    dryRun: false,
    deadlineMs,
    context: { unit, command: 'recover', mostMs: WRITE_TIMEOUT_MS },
  });
  if (untold !== null) process.stderr.write(`httpd-guard: the journal was not told: ${escape(untold)}\n`);
  if (!result.known) return result;
  const [failed] = result.value.failed;
  if (failed !== undefined) return unknown(`set ${failed.id} cannot be removed: ${failed.error}`);
  return known({ doubt: result.value.kept.some(({ verdict }) => verdict === 'unsure') });
}

async function start(unit: string): Promise<Fact<true>> {
  const asked = await withSystemdActions((systemd) => systemd.start(unit));
  if (!asked.known) return asked;
  const settled = await waitForUnit(unit, SETTLED_WITHIN_MS, (facts) => !isChanging(facts));
  if (!settled.known) return settled;
  const { active, result } = settled.value;
  return active === 'active' ? known(true) : unknown(`${unit} did not start: ${active}, result ${result}`);
}

/** Active all the time, and one and the same run. */
async function settle(unit: string, ms: number): Promise<Fact<true>> {
  const end = performance.now() + ms;
  const runs = new Set<string>();
  const seen = await waitForUnit(unit, ms + ASK_TIMEOUT_MS, ({ active, invocationId }) => {
    runs.add(invocationId);
    return !/^(active|reloading)$/.test(active) || runs.size > 1 || performance.now() >= end;
  });
  if (!seen.known) return seen;
  const { active, result } = seen.value;
  if (active !== 'active' && active !== 'reloading')
    return unknown(`${unit} did not stay up: ${active}, result ${result}`);
  return runs.size === 1 ? known(true) : unknown(`${unit} was started anew by somebody`);
}
