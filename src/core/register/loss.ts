import type { ServerRun } from './server-run.ts';

/** Sets of a running server that no longer exist, although it did not reload. */
export interface Loss {
  run: ServerRun;
  ids: readonly number[];
  /** When the look that missed them first began, in milliseconds since boot. */
  sinceMs: number;
  /** Whether a later look still missed them. A reload by signal removes sets a moment before it makes new ones. */
  isSure: boolean;
  isReported: boolean;
}
