import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { ENDED_WORDS, type JournalEntry } from '../../core/logs/journal-entry.ts';
import { CREATE_FAILED_WORDS, matchLine } from '../../core/logs/match-line.ts';
import type { Priority } from '../../core/priority.ts';
import {
  type UnitState,
  isDownForSets,
  isReasonToRecover,
  retryDelayMs,
  mayBeDownForSets,
} from '../../core/recovery/reason-to-look.ts';
import { LOOK } from '../../core/recovery/request.ts';
import { errorReason } from '../../host/files/error-reason.ts';
import type { Clock } from '../../host/proc/real-clock.ts';

/** Lines can be forged, so the lines of a unit request at most one recovery in this time. */
const LINE_EVERY_MS = 30_000;

/**
 * When the sets are listed after a start or reload: soon, so that the old ones are not missed and a new one that is gone a moment
 * later is, and once more when the server has made all of them.
 */
const LIST_MS = 1_000;
const SETTLED_MS = 5_000;

/** The kernel does not signal changes of its table. It is read this often while it has sets that may be httpd's: else nothing wakes. */
const TABLE_EVERY_MS = 60_000;

/** When a request that was not taken is renewed: after this time, and then at this interval. */
const FIRST_RENEWAL_MS = 2_000;
const RENEWAL_MS = 5_000;
/** How long it is withdrawn meanwhile: systemd must notice. */
const WITHDRAWN_MS = 100;

/** Everything that the watcher can query and do. */
export interface WatcherDoors {
  clock: Clock;
  /** How that run of the unit ended; null without a record. */
  endingOf: (unit: string, invocationId: string) => RunEnding | null;
  /** The units of a request that was not taken yet. */
  waitingRequest: () => readonly string[];
  /** The sets that look like mutexes of an httpd; null if they cannot be read. */
  listSets: () => ReadonlySet<number> | null;
  /** Called when the watcher is awake anyway: at a look at the table, and some seconds after a request. */
  onAwake: () => void;
  /** Throws if the request cannot be written. */
  writeRequest: (units: readonly string[]) => void;
  /** Takes the request away without losing it. Throws if that fails, as when it was taken. */
  withdrawRequest: () => void;
  /** Puts it back. Throws if that fails. */
  restoreRequest: () => void;
  log: (priority: Priority, sentence: string) => void;
}

const none = (): void => undefined;

/** The state machine of the watcher: changes of state and journal entries in, requests for a recovery out. */
export class Watcher {
  /** Messages without one of these are ignored. */
  static readonly words: readonly string[] = [...CREATE_FAILED_WORDS, ...ENDED_WORDS];
  private readonly states = new Map<string, UnitState>();
  private readonly lineRequestedMs = new Map<string, number>();
  /** By unit, the function that cancels its next retry. */
  private readonly nextRetries = new Map<string, () => void>();
  private sets: ReadonlySet<number> = new Set();
  private cancelCheck: () => void = none;
  private cancelRenewal: () => void = none;
  /** The units of a request that is withdrawn at the moment. */
  private withdrawn: readonly string[] = [];
  private hasBus = true;
  private begin!: () => void;
  /** Resolved when the state of each unit is known or there is no bus: from then on no failure of a unit is missed. */
  readonly begun = new Promise<void>((resolve) => (this.begin = resolve));

  constructor(
    private readonly units: readonly string[],
    private readonly doors: WatcherDoors,
  ) {
    if (units.length === 0) this.begin();
    // Written by a watcher that has ended since.
    if (doors.waitingRequest().length > 0) this.renewAfter(FIRST_RENEWAL_MS, this.withdraw);
  }

  readonly onState = (unit: string, state: UnitState): void => {
    if (!this.hasBus) this.doors.log('notice', 'systemd reports its units again');
    this.hasBus = true;
    const before = this.states.get(unit);
    this.states.set(unit, state);
    if (this.states.size === this.units.length) this.begin();
    const isOther =
      before?.active !== state.active ||
      before.result !== state.result ||
      before.invocationId !== state.invocationId;
    if (!isOther) return;
    const ending = this.doors.endingOf(unit, state.invocationId);
    if (isReasonToRecover(before, state, ending))
      this.request(unit, `${unit} ${state.active === 'deactivating' ? 'fails' : `is ${state.active}`}`);
    if (state.active === 'active') this.requestLook();
    this.cancelRetry(unit);
    if (mayBeDownForSets(state.active, ending)) this.retryLater(unit, 0);
  };

  /** While a unit is down because no set could be created, requests retries: it starts once enough sets are free. */
  private retryLater(unit: string, retries: number): void {
    const cancel = this.doors.clock.after(retryDelayMs(retries), () => {
      this.nextRetries.delete(unit);
      const state = this.states.get(unit);
      if (state === undefined || !isDownForSets(state.active, this.doors.endingOf(unit, state.invocationId)))
        return;
      this.request(unit, `${unit} is down without free semaphore sets`, retries === 0 ? 'notice' : 'info');
      this.retryLater(unit, retries + 1);
    });
    this.nextRetries.set(unit, cancel);
  }

  private cancelRetry(unit: string): void {
    this.nextRetries.get(unit)?.();
    this.nextRetries.delete(unit);
  }

  /** Without the bus the journal shows which units end; a recovery of all units covers those that ended before. */
  readonly onBusTrouble = (why: string): void => {
    this.hasBus = false;
    this.begin();
    // A recovery needs the bus: once it is back, a failed unit is handled as newly failed.
    for (const [unit, { active }] of this.states)
      if (active === 'failed') {
        this.states.delete(unit);
        this.cancelRetry(unit);
      }
    this.doors.log('warning', `${why}; following only the journal until it is back`);
    for (const unit of this.units) this.request(unit, `the state of ${unit} is unknown`);
  };

  readonly onJournalTrouble = (why: string): void => {
    this.doors.log('warning', `${why}; restarting it`);
  };

  /** A set that is gone may be one that a running server needs. */
  readonly checkTable = (): void => {
    const before = this.sets;
    const ids = this.listTable();
    if (ids !== null && [...before].some((id) => !ids.has(id))) this.requestLook();
  };

  /** The next check is in a minute; none while there are no sets, until a unit is started or reloaded. */
  private listTable(): ReadonlySet<number> | null {
    const ids = this.doors.listSets();
    this.doors.onAwake();
    this.sets = ids ?? this.sets;
    this.cancelCheck();
    this.cancelCheck = ids?.size === 0 ? none : this.doors.clock.after(TABLE_EVERY_MS, this.checkTable);
    return ids;
  }

  readonly onEntry = ({ unit, message, endedUnit, exitedUnit }: JournalEntry): void => {
    if (endedUnit !== null) this.onEnd(endedUnit);
    else if (exitedUnit !== null) this.onExit(exitedUnit);
    else if (unit !== null && this.units.includes(unit)) this.onLine(unit, message);
  };

  private onEnd(unit: string): void {
    if (!this.hasBus && this.units.includes(unit)) this.request(unit, `${unit} has ended`);
  }

  /** Before systemd 249 a unit stays "reloading" if its main process exits in a reload, and no state changes. */
  private onExit(unit: string): void {
    if (this.states.get(unit)?.active === 'reloading') this.request(unit, `${unit} has ended in a reload`);
  }

  private onLine(unit: string, message: string): void {
    if (matchLine(message)?.kind !== 'create-failed') return;
    const nowMs = this.doors.clock.steadyMs();
    if (nowMs - (this.lineRequestedMs.get(unit) ?? -Infinity) < LINE_EVERY_MS) return;
    this.lineRequestedMs.set(unit, nowMs);
    this.request(unit, `${unit} logged a semaphore error`);
  }

  /** A unit has started or reloaded, or httpd has written its pid file: it has new sets. */
  readonly requestLook = (): void => {
    const waiting = this.waitingRequest();
    if (waiting.includes(LOOK)) return;
    try {
      this.write([...waiting, LOOK]);
      this.doors.clock.after(LIST_MS, () => {
        this.listTable();
      });
      this.doors.clock.after(SETTLED_MS, this.checkTable);
    } catch (error) {
      this.doors.log('warning', `a look at the semaphore sets cannot be requested: ${errorReason(error)}`);
    }
  };

  private request(unit: string, why: string, priority: Priority = 'notice'): void {
    // A request that was not taken yet covers this one: the recovery starts after it is taken.
    const waiting = this.waitingRequest();
    if (waiting.includes(unit)) return;
    try {
      this.write([...waiting, unit]);
      this.doors.log(priority, `${why}; recovery requested`);
    } catch (error) {
      this.doors.log('warning', `${why}, but the recovery cannot be requested: ${errorReason(error)}`);
    }
  }

  private waitingRequest(): readonly string[] {
    return [...this.doors.waitingRequest(), ...this.withdrawn];
  }

  /** Throws if it cannot be written. */
  private write(request: readonly string[]): void {
    this.doors.writeRequest(request);
    this.withdrawn = [];
    this.renewAfter(FIRST_RENEWAL_MS, this.withdraw);
  }

  private renewAfter(ms: number, step: () => void): void {
    this.cancelRenewal();
    this.cancelRenewal = this.doors.clock.after(ms, step);
  }

  /**
   * Before 246, systemd starts the recovery only if it has noticed that there was no request. It looks when the draft appears, but
   * when it is busy, as when the bus is stopped, it looks too late, and sees the request (systemd: pull request 15697).
   */
  private readonly withdraw = (): void => {
    this.doors.onAwake();
    const waiting = this.doors.waitingRequest();
    if (waiting.length === 0) return;
    try {
      this.doors.withdrawRequest();
      this.withdrawn = waiting;
      this.renewAfter(WITHDRAWN_MS, this.restore);
    } catch {
      // It was taken just now.
    }
  };

  private readonly restore = (): void => {
    this.withdrawn = [];
    try {
      this.doors.restoreRequest();
      this.renewAfter(RENEWAL_MS, this.withdraw);
    } catch (error) {
      this.doors.log('warning', `a request that was not taken cannot be renewed: ${errorReason(error)}`);
    }
  };
}
