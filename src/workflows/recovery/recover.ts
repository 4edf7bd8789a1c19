import { isForSets } from '../../core/diagnosis/cause.ts';
import type { FailureFacts, ListeningOrphan } from '../../core/diagnosis/failure-facts.ts';
import { findCause } from '../../core/diagnosis/find-cause.ts';
import { type RunEnding, endingFoundLater } from '../../core/diagnosis/run-ending.ts';
import { type Done, type DoneWith, done, notDone } from '../../core/done.ts';
import { type Fact, known } from '../../core/fact.ts';
import { type Attempts, recent } from '../../core/recovery/attempts.ts';
import {
  type Decision,
  type Recovery,
  type RecoveryPolicy,
  type Step,
  type StepDone,
  decideRecovery,
  needsAnswer,
} from '../../core/recovery/decide-recovery.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { isChanging, isInStopPost, isUp } from '../../core/units/unit-state.ts';
import type { Clock } from '../../host/proc/real-clock.ts';
import type { StartTrial } from '../diagnosis/try-start.ts';
import type { Server, ServerChoice } from '../servers/find-server.ts';

export interface RecoveryQuestion {
  choice: ServerChoice;
  policy: (unit: string | null) => RecoveryPolicy;
  /** Unattended: bounded attempts, with back-off. */
  automatic: boolean;
  dryRun: boolean;
}

/** Everything that a recovery can query and do. */
export interface RecoveryDoors {
  clock: Clock;
  findServer: (choice: ServerChoice) => Promise<Server>;
  /** Reads the unit until `isEnough`; unknown if that takes longer than `mostMs`. */
  waitForUnit: (
    unit: string,
    mostMs: number,
    isEnough: (facts: UnitFacts) => boolean,
  ) => Promise<Fact<UnitFacts>>;
  /** Begins to try what a start needs besides sets; null where that is not needed. */
  beginTrial: (server: Server) => Promise<StartTrial> | null;
  failureFacts: (server: Server, trial: Promise<StartTrial> | null) => Promise<FailureFacts>;
  readAttempts: (unit: string) => Fact<Attempts>;
  keepAttempts: (unit: string, attempts: Attempts) => void;
  keepEnding: (unit: string, ending: RunEnding) => void;
  terminate: (workers: readonly ListeningOrphan[]) => Promise<Done<'not-ended'>>;
  /** `doubt`: a set was kept because its owner could not be proven. */
  removeOrphans: (unit: string, server: Server) => Promise<DoneWith<{ doubt: boolean }, 'not-removed'>>;
  resetFailed: (unit: string) => Promise<Done<'unreachable' | 'refused'>>;
  /** Resolves as soon as systemd has queued the job. */
  start: (unit: string) => Promise<Done<'unreachable' | 'refused'>>;
  /** The same for a unit that systemd has up, although httpd has ended or does not answer. */
  restart: (unit: string) => Promise<Done<'unreachable' | 'refused'>>;
  answersHealthy: (url: string) => Promise<Done<'unhealthy'>>;
  /** Whether a URL answers at all. */
  answers: (url: string) => Promise<boolean>;
}

/** The age from which a set can be proven to be orphaned: ctime is in whole seconds, and the margin is two more (clock.ts). */
const YOUNG_MS = 3_500;
/** systemd's own restart may wait for RestartSec=. */
const SETTLED_WITHIN_MS = 180_000;
/** How much longer than settleMs the verification may take. */
const SETTLE_GRACE_MS = 5_000;
/** How long an answer of httpd holds. */
const FRESH_MS = 1_000;
/** On a busy machine processes start and exit during the scan, and sets are kept that the next scan proves to be orphaned. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 150;

/**
 * One recovery: waits until systemd has finished its job with the unit, collects facts, decides, acts step by step, and verifies
 * that httpd stays up. Any unexpected result ends it without further action.
 */
export function recover(question: RecoveryQuestion, doors: RecoveryDoors): Promise<Recovery> {
  return new RecoveryRun(question, doors).run();
}

/** Why a step did not do what it is for. */
type StepFailure =
  'not-ended' | 'not-removed' | 'unreachable' | 'refused' | 'not-started' | 'not-settled' | 'unhealthy';

type Ended = (outcome: Recovery['outcome'], why: string, more?: Partial<Recovery>) => Recovery;

class RecoveryRun {
  /** One that was begun for the next decision. */
  private trial: Promise<StartTrial> | null = null;

  constructor(
    private readonly question: RecoveryQuestion,
    private readonly doors: RecoveryDoors,
  ) {}

  async run(): Promise<Recovery> {
    const { choice, automatic, dryRun } = this.question;
    const server = await this.settledServer(choice);
    const unit = server.unit.known ? server.unit.value.name : null;
    const decision = await this.decideInTime(server);
    const ended: Ended = (outcome, why, more = {}) => ({
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
    if (unit === null || !decision.value.act) return this.refuse(decision.value, unit, ended);
    const { steps: plan } = decision.value;
    if (dryRun) return ended('planned', 'dry run', { plan });
    const counted = automatic ? this.count(unit) : done;
    if (!counted.ok) return ended('failed', counted.why);
    return this.act(unit, server, plan, ended);
  }

  private refuse(decision: Decision, unit: string | null, ended: Ended): Recovery {
    if (decision.act) return ended('unsure', 'no unit found');
    const { outcome, why } = decision;
    if (outcome !== 'gave-up' || unit === null || this.question.dryRun) return ended(outcome, why);
    const attempts = this.doors.readAttempts(unit);
    const gaveUpNow = attempts.known && !attempts.value.gaveUp;
    if (attempts.known) this.doors.keepAttempts(unit, { ...attempts.value, gaveUp: true });
    return ended(outcome, why, { gaveUpNow });
  }

  /** The server, after systemd has finished its job with the unit. */
  private async settledServer(choice: ServerChoice): Promise<Server> {
    // A dry run is a look, and ends as soon as one: RestartSec= can be a minute.
    if (this.question.dryRun) return this.doors.findServer(choice);
    if (choice.unit !== null) {
      const { clock } = this.doors;
      const asked: { server: Promise<Server> | null; atMs: number } = {
        server: null,
        atMs: clock.steadyMs(),
      };
      // Most requests come while systemd still ends the run: httpd is queried, and a start tried, meanwhile. While ExecStopPost=
      // runs it does both, and its answers hold.
      const unit = await this.doors.waitForUnit(choice.unit, SETTLED_WITHIN_MS, (facts) => {
        if (asked.server === null && !isInStopPost(facts)) {
          asked.atMs = clock.steadyMs();
          asked.server = this.getReady(choice);
        }
        return !isChanging(facts);
      });
      const server = await (asked.server ?? this.doors.findServer(choice));
      if (!unit.known) return { ...server, unit };
      // Later its configuration may have been fixed.
      if (clock.steadyMs() - asked.atMs <= FRESH_MS && server.unit.known) return { ...server, unit };
    }
    this.trial = null;
    const server = await this.doors.findServer(choice);
    if (!server.unit.known || !isChanging(server.unit.value)) return server;
    const settled = await this.unitAtRest(server.unit.value.name);
    return settled.known ? this.doors.findServer(choice) : { ...server, unit: settled };
  }

  private async getReady(choice: ServerChoice): Promise<Server> {
    const server = await this.doors.findServer(choice);
    this.trial = this.doors.beginTrial(server);
    return server;
  }

  private unitAtRest(unit: string): Promise<Fact<UnitFacts>> {
    return this.doors.waitForUnit(unit, SETTLED_WITHIN_MS, (facts) => !isChanging(facts));
  }

  /** Decides again after a moment if sets are too new: a set can be proven to be orphaned only if it is older than the running processes. */
  private async decideInTime(server: Server): Promise<Fact<Decision>> {
    const first = await this.decide(server);
    if (!first.known || first.value.act || first.value.lookAgain !== true) return first;
    await this.doors.clock.pause(YOUNG_MS);
    return this.decide(await this.settledServer(this.question.choice));
  }

  /** `isCounted`: this attempt is counted already, so the rate limit does not apply. */
  private async decide(server: Server, isCounted = false): Promise<Fact<Decision>> {
    const { policy, automatic } = this.question;
    const unit = server.unit.known ? server.unit.value.name : null;
    const attempts = automatic && !isCounted && unit !== null ? this.doors.readAttempts(unit) : known(null);
    if (!attempts.known) return attempts;
    const trial = this.trial ?? this.doors.beginTrial(server);
    this.trial = null;
    const facts = await this.doors.failureFacts(server, trial);
    if (automatic) this.keepEnding(facts);
    const url = needsAnswer(facts, policy(unit));
    const answers = url === null ? null : await this.doors.answers(url);
    const nowMs = this.doors.clock.wallMs();
    const state = { attempts: attempts.value, automatic, answers };
    return known(decideRecovery(facts, policy(unit), state, nowMs));
  }

  /** Records the ending of a run without a record by ExecStopPost=, for a later recovery when sets are free again. */
  private keepEnding(facts: FailureFacts): void {
    const { unit, ending, use, orphans } = facts;
    if (!unit.known || unit.value.active !== 'failed' || ending !== null || !use.known) return;
    const { cause } = findCause(facts);
    if (isForSets(cause))
      this.doors.keepEnding(unit.value.name, endingFoundLater(unit.value, use.value, orphans, cause));
  }

  /** Counts the attempt before it acts, so that a killed recovery is counted. */
  private count(unit: string): Done<'not-counted'> {
    const attempts = this.doors.readAttempts(unit);
    if (!attempts.known) return notDone('not-counted', attempts.why);
    const nowMs = this.doors.clock.wallMs();
    const { triesMs, gaveUp } = recent(attempts.value, nowMs);
    this.doors.keepAttempts(unit, { triesMs: [...triesMs, nowMs], gaveUp });
    return done;
  }

  private async act(unit: string, server: Server, plan: readonly Step[], ended: Ended): Promise<Recovery> {
    const { clock } = this.doors;
    const steps: StepDone[] = [];
    for (const step of plan) {
      const beganMs = clock.steadyMs();
      const result = await this.take(step, unit, server);
      const tookMs = Math.round(clock.steadyMs() - beganMs);
      steps.push({ do: step.do, ok: result.ok, tookMs, ...(result.ok ? {} : { why: result.why }) });
      if (!result.ok)
        return ended('failed', step.do === 'health' ? `it is running, but ${result.why}` : result.why, {
          steps,
          plan,
        });
      // The decision before the wait is outdated: an admin may have acted meanwhile.
      if (step.do !== 'wait') continue;
      const fresh = await this.decide(await this.settledServer({ ...this.question.choice, unit }), true);
      if (!fresh.known) return ended('unsure', fresh.why, { steps, plan });
      if (!fresh.value.act) return ended(fresh.value.outcome, fresh.value.why, { steps, plan });
    }
    return ended('recovered', `${unit} is active again`, { steps, plan });
  }

  /** Done if the step succeeded. */
  private async take(step: Step, unit: string, server: Server): Promise<Done<StepFailure>> {
    switch (step.do) {
      case 'wait':
        await this.doors.clock.pause(step.ms);
        return done;
      case 'reap':
        return this.doors.terminate(step.workers);
      case 'clean':
        return this.clean(unit, server);
      case 'reset-failed':
        return this.doors.resetFailed(unit);
      case 'start':
        return this.start(unit, this.doors.start);
      case 'restart':
        return this.start(unit, this.doors.restart);
      case 'settle':
        return this.settle(unit, step.ms);
      case 'health':
        return this.doors.answersHealthy(step.url);
    }
  }

  private async clean(unit: string, server: Server): Promise<Done<StepFailure>> {
    for (let look = 1; ; look++) {
      const cleared = await this.doors.removeOrphans(unit, server);
      if (!cleared.ok) return cleared;
      if (!cleared.value.doubt || look === LOOKS) return done;
      await this.doors.clock.pause(BETWEEN_LOOKS_MS);
    }
  }

  private async start(unit: string, ask: RecoveryDoors['start']): Promise<Done<StepFailure>> {
    const asked = await ask(unit);
    if (!asked.ok) return asked;
    const settled = await this.unitAtRest(unit);
    if (!settled.known) return notDone('not-settled', settled.why);
    const { active, result } = settled.value;
    return isUp(settled.value)
      ? done
      : notDone('not-started', `${unit} did not start: ${active}, result ${result}`);
  }

  /** Verifies that the unit stays active in one run for `ms`. */
  private async settle(unit: string, ms: number): Promise<Done<StepFailure>> {
    const { clock, waitForUnit } = this.doors;
    const endMs = clock.steadyMs() + ms;
    const runs = new Set<string>();
    const seen = await waitForUnit(unit, ms + SETTLE_GRACE_MS, (facts) => {
      runs.add(facts.invocationId);
      return !isUp(facts) || runs.size > 1 || clock.steadyMs() >= endMs;
    });
    if (!seen.known) return notDone('not-settled', seen.why);
    const { active, result } = seen.value;
    if (!isUp(seen.value))
      return notDone('not-settled', `${unit} did not stay up: ${active}, result ${result}`);
    return runs.size === 1 ? done : notDone('not-settled', `${unit} was restarted meanwhile`);
  }
}
