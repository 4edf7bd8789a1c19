import { ENDED_WORDS, type JournalEntry } from '../core/logs/journal-entry.ts';
import { CREATE_FAILED_WORDS, matchLine } from '../core/logs/match-line.ts';
import type { Priority } from '../core/priority.ts';
import {
  type UnitState,
  isDownForSets,
  isReasonToLook,
  lookAgainMs,
} from '../core/recovery/reason-to-look.ts';
import { errorReason } from '../host/files/error-reason.ts';
import { HEARTBEAT, Watchdog } from '../host/systemd/watchdog.ts';
import { waitingRequest, writeRequest } from '../host/state/write-request.ts';
import { readRunEnding } from '../host/state/read-run-ending.ts';

/** ActiveStates of a unit that may wait for room. */
const MAY_WAIT = /^(failed|inactive)$/;

/** A line can be forged at will: it may start so many looks and no more. */
const LINE_EVERY_MS = 30_000;

/** What the watcher makes of what it sees. Its only deed is to ask for a look. */
export class Watcher {
  readonly watchdog = new Watchdog();
  /** What a message must hold to be of interest. */
  readonly words = [...CREATE_FAILED_WORDS, ...ENDED_WORDS, HEARTBEAT];
  private readonly states = new Map<string, UnitState>();
  private readonly lineAskedMs = new Map<string, number>();
  private readonly nextLooks = new Map<string, NodeJS.Timeout>();
  private hasBus = true;
  private begin!: () => void;
  /** Settled once each unit's state was told, or there is no bus to tell it: from then on no end of a unit is missed. */
  readonly begun = new Promise<void>((resolve) => (this.begin = resolve));

  constructor(
    private readonly units: readonly string[],
    private readonly ownUnit: string,
    private readonly say: (priority: Priority, sentence: string) => void,
  ) {
    if (units.length === 0) this.begin();
  }

  readonly onState = (unit: string, state: UnitState): void => {
    if (!this.hasBus) this.say('notice', 'systemd tells of its units again');
    this.hasBus = true;
    const before = this.states.get(unit);
    this.states.set(unit, state);
    if (this.states.size === this.units.length) this.begin();
    if (isReasonToLook(before, state, readRunEnding(unit, state.invocationId)))
      this.ask(unit, `${unit} is ${state.active}`);
    if (before?.active !== state.active || before.invocationId !== state.invocationId) this.waitForRoom(unit);
  };

  /** While a unit is down because it could get no set, it is looked at again and again: it starts once there is room. */
  private waitForRoom(unit: string, looks = 0): void {
    clearTimeout(this.nextLooks.get(unit));
    this.nextLooks.delete(unit);
    if (!MAY_WAIT.test(this.states.get(unit)?.active ?? '')) return;
    const timer = setTimeout(() => {
      const state = this.states.get(unit);
      if (state === undefined || !isDownForSets(state.active, readRunEnding(unit, state.invocationId)))
        return;
      this.ask(unit, `${unit} is down for want of semaphores`, looks === 0 ? 'notice' : 'info');
      this.waitForRoom(unit, looks + 1);
    }, lookAgainMs(looks));
    // Who is told to end does so.
    timer.unref();
    this.nextLooks.set(unit, timer);
  }

  /** Without the bus the journal tells which unit ended; and of what ended before, a look at all will tell. */
  readonly onBusTrouble = (why: string): void => {
    this.hasBus = false;
    this.begin();
    // Without the bus no look can bring back what is down: once it is there again, it is news.
    for (const [unit, { active }] of this.states) if (active === 'failed') this.states.delete(unit);
    this.say('warning', `${why}; the journal alone is followed until it is back`);
    for (const unit of this.units) this.ask(unit, `${unit} cannot be asked about`);
  };

  readonly onJournalTrouble = (why: string): void => {
    this.say('warning', `${why}; it is started again`);
  };

  readonly onEntry = ({ unit, message, endedUnit }: JournalEntry): void => {
    if (unit === this.ownUnit && message.includes(HEARTBEAT)) this.watchdog.heard(message);
    else if (endedUnit !== null) this.onEnd(endedUnit);
    else if (unit !== null && this.units.includes(unit)) this.onLine(unit, message);
  };

  private onEnd(unit: string): void {
    if (!this.hasBus && this.units.includes(unit)) this.ask(unit, `${unit} has ended`);
  }

  private onLine(unit: string, message: string): void {
    if (matchLine(message)?.kind !== 'create-failed') return;
    const now = performance.now();
    if (now - (this.lineAskedMs.get(unit) ?? -Infinity) < LINE_EVERY_MS) return;
    this.lineAskedMs.set(unit, now);
    this.ask(unit, `${unit} speaks of semaphores`);
  }

  private ask(unit: string, why: string, priority: Priority = 'notice'): void {
    // One that nobody took yet is as good as a new one: the look comes after it is taken.
    const waiting = waitingRequest();
    if (waiting.includes(unit)) return;
    try {
      writeRequest([...waiting, unit]);
      this.say(priority, `${why}: asked for a look`);
    } catch (error) {
      this.say('warning', `${why}, but a look cannot be asked for: ${errorReason(error)}`);
    }
  }
}
