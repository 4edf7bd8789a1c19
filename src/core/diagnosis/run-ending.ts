import { CAUSES, type Cause } from './cause.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/**
 * How a run of the unit ended, as ExecStopPost saw it: systemd's own words ($SERVICE_RESULT, $EXIT_CODE, $EXIT_STATUS;
 * systemd.exec(5)) and the kernel's table before anything was cleared. Kept for a recovery that looks later, when the table
 * has room again. No word of a log is in it.
 */
export interface RunEnding {
  /** Which run: that of the unit's InvocationID. */
  invocationId: string;
  /** False when a job to stop or restart the unit ended it: somebody's wish. */
  byItself: boolean;
  result: string;
  exitCode: string;
  exitStatus: string;
  /** From its begin to its end, in milliseconds; not counting sleep. */
  ranMs: number;
  /** Null when the table could not be read. */
  use: TableUse | null;
  /** Sets of a dead httpd, before they were cleared. */
  orphans: number;
  /** Why it ended, by the kernel and systemd alone. */
  cause: Cause;
}

/**
 * Whether a run with this $SERVICE_RESULT may have ended for want of sets: httpd then exits, with 1 or (2.2) with 0, and
 * systemd may miss its pid file (protocol, resources) or have had enough of starts. A signal, a timeout, the OOM killer are
 * other ends, of other causes.
 */
export function mayLackSets(result: string): boolean {
  return /^(exit-code|protocol|resources|start-limit-hit|success)$/.test(result);
}

/**
 * The ending of a failed unit that no ExecStopPost saw: what systemd still says of it, and the table as it is found now, before
 * anything is cleared.
 */
export function endingFoundLater(
  { invocationId, result, run }: UnitFacts,
  use: TableUse,
  orphans: number,
  cause: Cause,
): RunEnding {
  const ended = Math.max(...run.stamps.map(({ monotonicMs }) => monotonicMs), run.began.monotonicMs);
  return {
    ...{ invocationId, byItself: true, result, exitCode: '', exitStatus: '' },
    ...{ ranMs: ended - run.began.monotonicMs, use, orphans, cause },
  };
}

/** Reads what was kept, a JSON value. Null for anything but the whole form. */
export function parseRunEnding(value: unknown): RunEnding | null {
  const ending = value as RunEnding | null;
  const whole =
    typeof ending === 'object' &&
    ending !== null &&
    [ending.invocationId, ending.result, ending.exitCode, ending.exitStatus].every(
      (field) => typeof field === 'string',
    ) &&
    typeof ending.byItself === 'boolean' &&
    [ending.ranMs, ending.orphans].every((field) => typeof field === 'number') &&
    CAUSES.includes(ending.cause) &&
    (ending.use === null || isUse(ending.use));
  return whole ? ending : null;
}

function isUse(use: Partial<TableUse> | undefined): boolean {
  return [use?.sets?.used, use?.sets?.max, use?.semaphores?.used, use?.semaphores?.max].every(
    (field) => typeof field === 'number',
  );
}
