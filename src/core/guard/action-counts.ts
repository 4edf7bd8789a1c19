/** How often httpd-guard acted for a unit since it was installed. */
export interface ActionCounts {
  /** Semaphore sets. */
  removed: number;
  recovered: number;
  /** Recoveries that failed. */
  failed: number;
  gaveUp: number;
}

export const NO_ACTIONS: ActionCounts = { removed: 0, recovered: 0, failed: 0, gaveUp: 0 };

export function addActions(before: ActionCounts, more: Partial<ActionCounts>): ActionCounts {
  const { removed = 0, recovered = 0, failed = 0, gaveUp = 0 } = more;
  return {
    removed: before.removed + removed,
    recovered: before.recovered + recovered,
    failed: before.failed + failed,
    gaveUp: before.gaveUp + gaveUp,
  };
}

/** Parses the JSON value of the state file. Null for any other form. */
export function parseActionCounts(value: unknown): ActionCounts | null {
  if (typeof value !== 'object' || value === null) return null;
  const { removed, recovered, failed, gaveUp } = value as Partial<ActionCounts>;
  const counts = [removed, recovered, failed, gaveUp];
  return counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0)
    ? (value as ActionCounts)
    : null;
}
