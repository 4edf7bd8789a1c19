import type { RunEnding } from '../core/diagnosis/run-ending.ts';
import { ENDED_WORDS, type JournalEntry } from '../core/logs/journal-entry.ts';
import { CREATE_FAILED_WORDS, matchLine } from '../core/logs/match-line.ts';
import type { Priority } from '../core/priority.ts';
import {
  type UnitState,
  isDownForSets,
  isReasonToLook,
  retryDelayMs,
  mayBeDownForSets,
} from '../core/recovery/reason-to-look.ts';
import { errorReason } from '../host/files/error-reason.ts';
import type { Clock } from '../host/proc/real-clock.ts';

/** A line can be forged at will: each unit's lines request one recovery in this time. */
const LINE_EVERY_MS = 30_000;

/** All that the watcher can ask, and all that it can do. */
export interface WatcherDoors {
  clock: Clock;
  /** How that run of the unit ended; null where nothing was kept. */
  endingOf: (unit: string, invocationId: string) => RunEnding | null;
  /** The units of a request that was not taken yet. */
  waitingRequest: () => readonly string[];
  /** Throws when the request cannot be written. */
  writeRequest: (units: readonly string[]) => void;
  log: (priority: Priority, sentence: string) => void;
}

/** The state machine of the watcher: changes of state and journal entries in, requests for a recovery out. */
export class Watcher {
  /** A message that has none of these is of no interest. */
  static readonly words: readonly string[] = [...CREATE_FAILED_WORDS, ...ENDED_WORDS];
  private readonly states = new Map<string, UnitState>();
  private readonly lineAskedMs = new Map<string, number>();
  /** By unit, what cancels its next look. */
  private readonly nextLooks = new Map<string, () => void>();
  private hasBus = true;
  private begin!: () => void;
  /** Settled once each unit's state is known, or there is no bus to ask: from then on no end of a unit is missed. */
  readonly begun = new Promise<void>((resolve) => (this.begin = resolve));

  constructor(
    private readonly units: readonly string[],
    private readonly doors: WatcherDoors,
  ) {
    if (units.length === 0) this.begin();
  }

  readonly onState = (unit: string, state: UnitState): void => {
    if (!this.hasBus) this.doors.log('notice', 'systemd tells of its units again');
    this.hasBus = true;
    const before = this.states.get(unit);
    this.states.set(unit, state);
    if (this.states.size === this.units.length) this.begin();
    const isOther = before?.active !== state.active || before.invocationId !== state.invocationId;
    if (!isOther) return;
    const ending = this.doors.endingOf(unit, state.invocationId);
    if (isReasonToLook(before, state, ending)) this.ask(unit, `${unit} is ${state.active}`);
    this.cancelNextLook(unit);
    if (mayBeDownForSets(state.active, ending)) this.lookAgain(unit, 0);
  };

  /** While a unit is down because it could get no set, it is looked at again and again: it starts once there is room. */
  private lookAgain(unit: string, looks: number): void {
    const cancel = this.doors.clock.after(retryDelayMs(looks), () => {
      this.nextLooks.delete(unit);
      const state = this.states.get(unit);
      if (state === undefined || !isDownForSets(state.active, this.doors.endingOf(unit, state.invocationId)))
        return;
      this.ask(unit, `${unit} is down for want of semaphores`, looks === 0 ? 'notice' : 'info');
      this.lookAgain(unit, looks + 1);
    });
    this.nextLooks.set(unit, cancel);
  }

  private cancelNextLook(unit: string): void {
    this.nextLooks.get(unit)?.();
    this.nextLooks.delete(unit);
  }

  /** Without the bus the journal shows which unit ended; of what ended before, a look at all will show it. */
  readonly onBusTrouble = (why: string): void => {
    this.hasBus = false;
    this.begin();
    // Without the bus no recovery can bring back what is down: once the bus is back, a failed unit counts as just failed.
    for (const [unit, { active }] of this.states)
      if (active === 'failed') {
        this.states.delete(unit);
        this.cancelNextLook(unit);
      }
    this.doors.log('warning', `${why}; the journal alone is followed until it is back`);
    for (const unit of this.units) this.ask(unit, `${unit} cannot be asked about`);
  };

  readonly onJournalTrouble = (why: string): void => {
    this.doors.log('warning', `${why}; it is started again`);
  };

  readonly onEntry = ({ unit, message, endedUnit }: JournalEntry): void => {
    if (endedUnit !== null) this.onEnd(endedUnit);
    else if (unit !== null && this.units.includes(unit)) this.onLine(unit, message);
  };

  private onEnd(unit: string): void {
    if (!this.hasBus && this.units.includes(unit)) this.ask(unit, `${unit} has ended`);
  }

  private onLine(unit: string, message: string): void {
    if (matchLine(message)?.kind !== 'create-failed') return;
    const nowMs = this.doors.clock.steadyMs();
    if (nowMs - (this.lineAskedMs.get(unit) ?? -Infinity) < LINE_EVERY_MS) return;
    this.lineAskedMs.set(unit, nowMs);
    this.ask(unit, `${unit} speaks of semaphores`);
  }

  private ask(unit: string, why: string, priority: Priority = 'notice'): void {
    // A request that was not taken yet is as good as a new one: the recovery begins after it is taken.
    const waiting = this.doors.waitingRequest();
    if (waiting.includes(unit)) return;
    try {
      this.doors.writeRequest([...waiting, unit]);
      this.doors.log(priority, `${why}: asked for a look`);
    } catch (error) {
      this.doors.log('warning', `${why}, but a look cannot be asked for: ${errorReason(error)}`);
    }
  }
}
