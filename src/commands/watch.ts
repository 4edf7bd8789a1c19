import type { JournalEntry } from '../core/journal-entry.ts';
import { matchLine } from '../core/match-line.ts';
import { type UnitState, isReasonToLook } from '../core/unit-state.ts';
import { because } from '../host/because.ts';
import { guardedUnits } from '../host/drop-in.ts';
import { followJournal, newestCursor } from '../host/follow-journal.ts';
import { followUnits } from '../host/follow-units.ts';
import { HEARTBEAT, Heart } from '../host/heartbeat.ts';
import { log } from '../host/log.ts';
import { notify } from '../host/notify.ts';
import { readJustEnded } from '../host/run-ending-file.ts';
import { waitingRequest, writeRequest } from '../host/request-file.ts';
import { escape } from '../view/escape.ts';

export interface WatchOptions {
  json: boolean;
  quiet: boolean;
}

const OWN_UNIT = 'httpd-guard-watch.service';
/** A line can be forged at will: it may start so many looks and no more. */
const LINE_EVERY_MS = 30_000;

/**
 * Follows the journal and the state of the guarded units, and asks for a look when one may be down for want of semaphores.
 * Holds no power: what becomes of it, the look decides. Ends on SIGTERM, with 0.
 */
export async function watch(options: WatchOptions): Promise<number> {
  const units = guardedUnits();
  const ending = new AbortController();
  const { signal } = ending;
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      ending.abort();
    });
  const say = (priority: 'notice' | 'warning', sentence: string): void => {
    void log(options, priority, escape(sentence));
  };
  const states = new Map<string, UnitState>();
  const ask = (unit: string, why: string): void => {
    // One that nobody took yet is as good as a new one: the look comes after it is taken.
    const waiting = waitingRequest();
    if (waiting.includes(unit)) return;
    try {
      writeRequest([...waiting, unit]);
      say('notice', `${why}: asked for a look`);
    } catch (error) {
      say('warning', `${why}, but a look cannot be asked for: ${because(error)}`);
    }
  };
  // Without the bus the journal tells which unit ended; and of what ended before, a look at all will tell.
  let hasBus = true;
  const onBusTrouble = (why: string): void => {
    hasBus = false;
    say('warning', `${why}; the journal alone is followed until it is back`);
    for (const unit of units) ask(unit, `${unit} cannot be asked about`);
  };
  const onTrouble = (why: string): void => {
    if (!signal.aborted) say('warning', `${why}; trying again`);
  };

  const onState = (unit: string, state: UnitState): void => {
    hasBus = true;
    const before = states.get(unit);
    states.set(unit, state);
    if (isReasonToLook(before, state, readJustEnded(unit))) ask(unit, `${unit} is ${state.active}`);
  };

  const heart = new Heart();
  const askedMs = new Map<string, number>();
  const onEntry = ({ unit, message, endedUnit }: JournalEntry): void => {
    if (endedUnit !== null && units.includes(endedUnit) && !hasBus) ask(endedUnit, `${endedUnit} has ended`);
    if (unit === null) return;
    if (unit === OWN_UNIT && message.includes(HEARTBEAT)) {
      heart.heard(message);
      return;
    }
    if (!units.includes(unit) || matchLine(message)?.kind !== 'create-failed') return;
    const now = performance.now();
    if (now - (askedMs.get(unit) ?? -Infinity) < LINE_EVERY_MS) return;
    askedMs.set(unit, now);
    ask(unit, `${unit} speaks of semaphores`);
  };

  const journal = { units: [...units, OWN_UNIT], words: [HEARTBEAT], cursor: await newestCursor() };
  const following = [
    followUnits(units, onState, onBusTrouble, signal),
    followJournal({ ...journal, onEntry, onTrouble, signal }),
  ];
  heart.start(signal);
  await notify('--ready', `--status=follows ${units.length} units`);
  if (units.length === 0) say('warning', 'no unit is guarded; run: httpd-guard install');
  await Promise.all(following);
  return 0;
}
