/** The automatic recoveries of a unit that count still. Times are wall clock, milliseconds. */
export interface Attempts {
  triesMs: readonly number[];
  /** Whether the end of the tries was told. */
  gaveUp: boolean;
}

export const NO_ATTEMPTS: Attempts = { triesMs: [], gaveUp: false };

const WINDOW_MS = 10 * 60_000;
/** Before the first, the second and the third try within the window; there is no fourth. */
const WAITS_MS = [0, 5_000, 30_000];

/** The history as of now: tries of long ago are forgotten. One from the future, as after a clock set back, counts. */
export function recent({ triesMs, gaveUp }: Attempts, nowMs: number): Attempts {
  const recentTries = triesMs.filter((tryMs) => nowMs - tryMs < WINDOW_MS);
  return { triesMs: recentTries, gaveUp: gaveUp && recentTries.length > 0 };
}

/** How long to wait before the next try, or null when there were enough. */
export function nextAttempt(history: Attempts, nowMs: number): { waitMs: number } | null {
  const waitMs = WAITS_MS[recent(history, nowMs).triesMs.length];
  return waitMs === undefined ? null : { waitMs };
}

/**
 * Whether the unit is down and the guard has given it up. That was told of one outage, not of all that come: a unit that
 * failed must have begun around the last try, and one that is merely not active may have been stopped by somebody since.
 */
export function isGivenUp(
  history: Attempts,
  { active, beganMs }: { active: string; beganMs: number },
  nowMs: number,
): boolean {
  if (!history.gaveUp) return false;
  if (active === 'failed') return beganMs - Math.max(...history.triesMs) < WINDOW_MS;
  return active === 'inactive' && recent(history, nowMs).gaveUp;
}

/** Reads what was kept, a JSON value. Null for anything but the whole form. */
export function parseAttempts(value: unknown): Attempts | null {
  const { triesMs, gaveUp } = (value ?? {}) as Partial<Attempts>;
  if (!Array.isArray(triesMs) || typeof gaveUp !== 'boolean') return null;
  return triesMs.every((tryMs) => Number.isFinite(tryMs)) ? { triesMs, gaveUp } : null;
}
