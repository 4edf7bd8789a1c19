import { isForSets } from '../../core/diagnosis/cause.ts';
import type { FailureFacts } from '../../core/diagnosis/failure-facts.ts';
import { findCause } from '../../core/diagnosis/find-cause.ts';
import { endingFoundLater } from '../../core/diagnosis/run-ending.ts';
import { type Fact, known } from '../../core/fact.ts';
import {
  type Decision,
  type RecoveryPolicy,
  decideRecovery,
  needsAnswer,
} from '../../core/recovery/decide-recovery.ts';
import { isChanging, isInStopPost } from '../../core/units/unit-state.ts';
import type { StartTrial } from '../diagnosis/try-start.ts';
import type { Server, ServerChoice } from '../servers/find-server.ts';
import { type RecoveryDoors, SETTLED_WITHIN_MS, unitAtRest } from './recovery-doors.ts';

export interface RecoveryQuestion {
  choice: ServerChoice;
  policy: (unit: string | null) => RecoveryPolicy;
  /** Unattended: bounded attempts, with back-off. */
  automatic: boolean;
  dryRun: boolean;
}

/** The age from which a set can be proven to be orphaned: ctime is in whole seconds, and the margin is two more (clock.ts). */
const YOUNG_MS = 3_500;
/** How long an answer of httpd holds. */
const FRESH_MS = 1_000;

/** The eyes of a recovery: waits until systemd has finished its job with the unit, collects facts, and decides. */
export class RecoveryLook {
  /** One that was begun for the next decision. */
  private trial: Promise<StartTrial> | null = null;

  constructor(
    private readonly question: RecoveryQuestion,
    private readonly doors: RecoveryDoors,
  ) {}

  /** The server, after systemd has finished its job with the unit. */
  async settledServer(choice: ServerChoice): Promise<Server> {
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
    const settled = await unitAtRest(server.unit.value.name, this.doors);
    return settled.known ? this.doors.findServer(choice) : { ...server, unit: settled };
  }

  private async getReady(choice: ServerChoice): Promise<Server> {
    const server = await this.doors.findServer(choice);
    this.trial = this.doors.beginTrial(server);
    return server;
  }

  /** Decides again after a moment if sets are too new: a set can be proven to be orphaned only if it is older than the running processes. */
  async decideInTime(server: Server): Promise<Fact<Decision>> {
    const first = await this.decide(server);
    if (!first.known || first.value.act || first.value.lookAgain !== true) return first;
    await this.doors.clock.pause(YOUNG_MS);
    return this.decide(await this.settledServer(this.question.choice));
  }

  /** `isCounted`: this attempt is counted already, so the rate limit does not apply. */
  async decide(server: Server, isCounted = false): Promise<Fact<Decision>> {
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
}
