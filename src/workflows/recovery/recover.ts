import { type Done, done, notDone } from '../../core/done.ts';
import { recent } from '../../core/recovery/attempts.ts';
import type { Decision, Recovery, Step, StepDone } from '../../core/recovery/decide-recovery.ts';
import type { Server, ServerChoice } from '../servers/find-server.ts';
import type { RecoveryDoors } from './recovery-doors.ts';
import { RecoveryLook, type RecoveryQuestion } from './recovery-look.ts';
import { takeStep } from './take-step.ts';

/**
 * One recovery: waits until systemd has finished its job with the unit, collects facts, decides, acts step by step, and verifies
 * that httpd stays up. Any unexpected result ends it without further action. From the look to the start no other recovery acts on
 * the unit: of two, by hand and at a request, the second one finds httpd as the first one left it.
 */
export function recover(question: RecoveryQuestion, doors: RecoveryDoors): Promise<Recovery> {
  return new RecoveryRun(question, doors).run();
}

type Ended = (outcome: Recovery['outcome'], why: string, more?: Partial<Recovery>) => Recovery;

class RecoveryRun {
  private readonly look: RecoveryLook;
  private turn: (() => void) | null = null;

  constructor(
    private readonly question: RecoveryQuestion,
    private readonly doors: RecoveryDoors,
  ) {
    this.look = new RecoveryLook(question, doors);
  }

  async run(): Promise<Recovery> {
    try {
      return await this.runInTurn();
    } finally {
      this.endTurn();
    }
  }

  private async runInTurn(): Promise<Recovery> {
    const { automatic, dryRun } = this.question;
    const choice = await this.withUnit();
    await this.takeTurn(choice.unit);
    const server = await this.look.settledServer(choice);
    const unit = server.unit.known ? server.unit.value.name : null;
    const decision = await this.look.decideInTime(server);
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

  /** A dry run acts on nothing, so it needs no turn. */
  private async withUnit(): Promise<ServerChoice> {
    const { choice, dryRun } = this.question;
    if (dryRun || choice.unit !== null) return choice;
    const { unit } = await this.doors.findServer(choice);
    return unit.known ? { ...choice, unit: unit.value.name } : choice;
  }

  /** Without a unit nothing is done. */
  private async takeTurn(unit: string | null): Promise<void> {
    this.endTurn();
    if (unit !== null && !this.question.dryRun) this.turn = await this.doors.takeTurn(unit);
  }

  private endTurn(): void {
    this.turn?.();
    this.turn = null;
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
      if (ONLY_WAIT.has(step.do)) this.endTurn();
      const result = await takeStep(step, unit, server, this.doors);
      const tookMs = Math.round(clock.steadyMs() - beganMs);
      steps.push({ do: step.do, ok: result.ok, tookMs, ...(result.ok ? {} : { why: result.why }) });
      if (!result.ok)
        return ended('failed', step.do === 'health' ? `it is running, but ${result.why}` : result.why, {
          steps,
          plan,
        });
      if (step.do !== 'wait') continue;
      // The decision before the wait is outdated: an admin, or another recovery, may have acted meanwhile.
      await this.takeTurn(unit);
      const now = await this.look.settledServer({ ...this.question.choice, unit });
      const fresh = await this.look.decide(now, true);
      if (!fresh.known) return ended('unsure', fresh.why, { steps, plan });
      if (!fresh.value.act) return ended(fresh.value.outcome, fresh.value.why, { steps, plan });
    }
    return ended('recovered', `${unit} is active again`, { steps, plan });
  }
}

/** In these steps another recovery may act. */
const ONLY_WAIT: ReadonlySet<Step['do']> = new Set(['wait', 'settle', 'health']);
