import type { ActiveState } from '../units/active-state.ts';

/** The automatic recoveries of a unit within the rate limit's window. Times are milliseconds since 1970. */
export interface Attempts {
  triesMs: readonly number[];
  /** Whether giving up was reported. */
  gaveUp: boolean;
}

export const NO_ATTEMPTS: Attempts = { triesMs: [], gaveUp: false };

const WINDOW_MS = 10 * 60_000;
/** The back-off before the first, second and third attempt within the window; there is no fourth. */
const WAITS_MS = [0, 5_000, 30_000];

/** Drops attempts from before the window. Those from the future, as after a clock set back, stay. */
export function recent({ triesMs, gaveUp }: Attempts, nowMs: number): Attempts {
  const recentMs = triesMs.filter((attemptMs) => nowMs - attemptMs < WINDOW_MS);
  return { triesMs: recentMs, gaveUp: gaveUp && recentMs.length > 0 };
}

/** The back-off before the next attempt; null if the rate limit is reached. */
export function nextAttempt(history: Attempts, nowMs: number): { waitMs: number } | null {
  const waitMs = WAITS_MS[recent(history, nowMs).triesMs.length];
  return waitMs === undefined ? null : { waitMs };
}

/**
 * Whether the unit is down and httpd-guard has given up on it. Giving up holds for one outage: a failed unit must have started
 * around the last attempt, and an inactive one may have been stopped by an admin since.
 */
export function isGivenUp(
  history: Attempts,
  { active, beganMs }: { active: ActiveState; beganMs: number },
  nowMs: number,
): boolean {
  if (!history.gaveUp) return false;
  if (active === 'failed') return beganMs - Math.max(...history.triesMs) < WINDOW_MS;
  return active === 'inactive' && recent(history, nowMs).gaveUp;
}

/** A state file: its text, and when it was written, in milliseconds since 1970. */
export interface AttemptsFile {
  text: string;
  writtenMs: number;
}

/**
 * The attempts in the state files of a unit. Of several, the one with the latest attempt: each was written with what the others
 * held. A damaged file, as after a crash, counts as all attempts made when it was written: it heals with the window.
 */
export function parseAttempts(files: readonly AttemptsFile[], nowMs: number): Attempts {
  return files
    .map(({ text, writtenMs }) => parseFile(text) ?? allUsed(Math.min(writtenMs, nowMs)))
    .reduce(laterOf, NO_ATTEMPTS);
}

/** Of two records the one with the latest attempt; the first if there is no difference. */
export function laterOf(one: Attempts, other: Attempts): Attempts {
  return lastMs(other) > lastMs(one) ? other : one;
}

const lastMs = ({ triesMs }: Attempts): number => Math.max(0, ...triesMs);

function allUsed(atMs: number): Attempts {
  return { triesMs: WAITS_MS.map(() => atMs), gaveUp: false };
}

/** Null for any other form. */
function parseFile(text: string): Attempts | null {
  try {
    const { triesMs, gaveUp } = (JSON.parse(text) ?? {}) as Partial<Attempts>;
    if (!Array.isArray(triesMs) || typeof gaveUp !== 'boolean') return null;
    return triesMs.every((attemptMs) => Number.isFinite(attemptMs)) ? { triesMs, gaveUp } : null;
  } catch {
    return null;
  }
}
