import type { SemaphoreSet } from '../../verdict/semaphore-set.ts';

/**
 * How many sets a start of this httpd creates. seen: as many as its last good run had. configured: its registered mutexes and one
 * for each balancer, of which only the latter are certain. registered: its registered mutexes, an upper bound but for modules with locks of
 * their own. batch: as many as one run that was killed left behind, an upper bound where several were killed at once.
 */
export interface SetsNeed {
  sets: number;
  by: 'seen' | 'configured' | 'registered' | 'batch';
  /** A start with fewer free sets than this surely fails; 0 where that is not known. */
  least: number;
}

/** How many sets a good run had, with what decides how many they are. */
export interface SetsSeen {
  sets: number;
  /** Of its mutexes in general; null where httpd does not say. */
  mechanism: string | null;
  /** Of httpd's user. */
  uid: number;
  /** How many System V mutexes were registered; null where httpd does not say. */
  registered: number | null;
}

/** Reads what was kept, a JSON value. Null for anything but the whole form. */
export function parseSetsSeen(value: unknown): SetsSeen | null {
  const { sets, mechanism, uid, registered } = (value ?? {}) as Partial<SetsSeen>;
  const isWhole =
    [sets, uid, registered ?? 0].every((one) => Number.isInteger(one) && Number(one) >= 0) &&
    registered !== undefined &&
    (mechanism === null || typeof mechanism === 'string');
  return isWhole ? ({ sets, mechanism, uid, registered } as SetsSeen) : null;
}

/** What is known of it: the most that is certain, else the best bound. All but `orphans` are null where not known. */
export interface NeedQuestion {
  /** Of the last good run with the same mutexes and user. */
  seen: number | null;
  registered: number | null;
  /** Mutexes that the configuration adds to those registered: one for each balancer (httpd: mod_proxy_balancer.c). */
  balancers: number | null;
  orphans: readonly SemaphoreSet[];
  /** The largest batch when the last run ended, before orphaned sets were removed. */
  batchBefore: number;
}

export function setsNeed({
  seen,
  registered,
  balancers,
  orphans,
  batchBefore,
}: NeedQuestion): SetsNeed | null {
  // Balancers may have been added since.
  if (seen !== null && seen > (balancers ?? 0)) return { sets: seen, by: 'seen', least: seen };
  const batch = Math.max(batchBefore, largestBatch(orphans));
  // Each balancer has a mutex, besides those registered; without one, a start fails.
  if (balancers !== null && balancers > 0 && (registered ?? 0) > 0)
    return { sets: balancers + (registered ?? 0), by: 'configured', least: balancers };
  if (registered !== null && registered > 0) return { sets: registered, by: 'registered', least: 0 };
  // Modules with locks of their own, and httpd 2.2, which registers nothing.
  return batch > 0 ? { sets: batch, by: 'batch', least: 0 } : null;
}

/** A start creates all of its sets within so many seconds. */
const BATCH_S = 2;

function largestBatch(orphans: readonly SemaphoreSet[]): number {
  let [largest, size, last] = [0, 0, -Infinity];
  for (const { ctime } of orphans.toSorted((a, b) => a.ctime - b.ctime)) {
    size = ctime - last <= BATCH_S ? size + 1 : 1;
    last = ctime;
    largest = Math.max(largest, size);
  }
  return largest;
}
