import { LOOK } from '../../core/recovery/request.ts';
import type { TakenRequest } from '../../host/state/take-request.ts';
import type { Clock } from '../../host/proc/real-clock.ts';

/** Everything that serving requests can query and do. */
export interface RequestDoors {
  clock: Clock;
  /** Takes the watcher's request, untrusted names; null if there is none. */
  takeRequest: () => TakenRequest | null;
  /** Reports a request that cannot be removed. */
  onStaying: (why: string) => Promise<void>;
  guardedUnits: () => readonly string[];
  /** The units of an interrupted run, once. */
  takeUnderWay: () => readonly string[];
  keepUnderWay: (units: readonly string[]) => void;
  /** Records which run uses which set. The result is the units to recover, since they lost sets. */
  look: () => Promise<readonly string[]>;
  /** One recovery of a unit, including its report. */
  recover: (unit: string) => Promise<void>;
  /** Whether what was counted in memory would be lost at the end. */
  mustStay: () => boolean;
  /** Reports a recovery that threw. */
  onError: (error: unknown) => Promise<void>;
}

/** The interval for new requests: a unit may be down. */
const LOOK_MS = 50;

/**
 * Serves the watcher's request and those that arrive meanwhile, until none is left. Only names of guarded units are accepted, and
 * the request for a look.
 * Units are recovered in parallel, since one may wait for half a minute before its next attempt. A unit that is requested during
 * its recovery is recovered once more afterwards, since it may have failed again. While attempts are counted in memory alone, or
 * a request that was served cannot be removed, it goes on serving: another run would not know of them.
 */
export async function serveRequests(doors: RequestDoors): Promise<void> {
  const running = new Map<string, Promise<void>>();
  // Units of an interrupted run are retried once; only newly requested units are recorded again.
  const waiting = new Set(doors.takeUnderWay());
  const fresh = new Set<string>();
  let kept = '';
  let staying = '';
  /** The names of a request that was not served yet. */
  const takeNew = async (): Promise<readonly string[]> => {
    const request = doors.takeRequest();
    const version = request?.stays?.version ?? '';
    const isServed = version !== '' && version === staying;
    if (staying === '' && request?.stays != null) await doors.onStaying(request.stays.why);
    staying = version;
    return request === null || isServed ? [] : request.names;
  };
  const look = async (): Promise<void> => {
    for (const unit of await doors.look()) {
      waiting.add(unit);
      fresh.add(unit);
    }
  };
  do {
    const guarded = doors.guardedUnits();
    for (const name of await takeNew()) {
      waiting.add(name);
      // A look that was interrupted is not needed: the next one sees more.
      if (name !== LOOK) fresh.add(name);
    }
    for (const name of waiting) if (name !== LOOK && !guarded.includes(name)) waiting.delete(name);
    for (const unit of waiting) {
      if (running.has(unit)) continue;
      waiting.delete(unit);
      const ends = (unit === LOOK ? look() : doors.recover(unit)).catch(doors.onError);
      running.set(unit, ends);
      void ends.then(() => running.delete(unit));
    }
    const underWay = [...fresh].filter((unit) => waiting.has(unit) || running.has(unit));
    if (underWay.join() !== kept) doors.keepUnderWay(underWay);
    kept = underWay.join();
    await Promise.race([...running.values(), doors.clock.pause(LOOK_MS)]);
  } while (running.size > 0 || waiting.size > 0 || staying !== '' || doors.mustStay());
  doors.keepUnderWay([]);
}
