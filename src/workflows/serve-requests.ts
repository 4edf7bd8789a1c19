import type { Clock } from '../host/proc/real-clock.ts';

/** All that serving requests can ask, and all that it can do. */
export interface RequestDoors {
  clock: Clock;
  /** Takes the watcher's request, names that anyone may have written; empty when there is none. */
  takeRequest: () => Promise<readonly string[]>;
  guardedUnits: () => readonly string[];
  /** The units of an interrupted run, once. */
  takeUnderWay: () => readonly string[];
  keepUnderWay: (units: readonly string[]) => void;
  /** One recovery of a unit, from look to report. */
  recover: (unit: string) => Promise<void>;
  /** A recovery that threw. */
  onError: (error: unknown) => Promise<void>;
}

/** How soon a request that comes meanwhile is seen. */
const LOOK_MS = 200;

/**
 * Serves the watcher's request, and those that come meanwhile, until all is done. Of a request only names of guarded units
 * are taken. The units do not wait for each other: one may wait for half a minute before its next attempt. A unit that is
 * requested while its recovery is under way is recovered once more afterwards: what happened since may be news.
 */
export async function serveRequests(doors: RequestDoors): Promise<void> {
  const running = new Map<string, Promise<void>>();
  // Units of an interrupted run are retried once; only newly requested units are recorded again.
  const waiting = new Set(doors.takeUnderWay());
  const fresh = new Set<string>();
  let kept = '';
  do {
    const guarded = doors.guardedUnits();
    for (const name of await doors.takeRequest()) {
      waiting.add(name);
      fresh.add(name);
    }
    for (const name of waiting) if (!guarded.includes(name)) waiting.delete(name);
    for (const unit of waiting) {
      if (running.has(unit)) continue;
      waiting.delete(unit);
      const ends = doors.recover(unit).catch(doors.onError);
      running.set(unit, ends);
      void ends.then(() => running.delete(unit));
    }
    const underWay = [...fresh].filter((unit) => waiting.has(unit) || running.has(unit));
    if (underWay.join() !== kept) doors.keepUnderWay(underWay);
    kept = underWay.join();
    await Promise.race([...running.values(), doors.clock.pause(LOOK_MS)]);
  } while (running.size > 0 || waiting.size > 0);
  doors.keepUnderWay([]);
}
