import { isFailedExit } from '../units/end-result.ts';
import { CAUSES, type Cause } from './cause.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/**
 * How a run of the unit ended, recorded by ExecStopPost=: $SERVICE_RESULT, $EXIT_CODE and $EXIT_STATUS (systemd.exec(5)) and the
 * kernel's table before orphaned sets were removed. Kept for a later recovery, when the table has free sets again. It contains
 * nothing from a log.
 */
export interface RunEnding {
  /** The InvocationID of the run. */
  invocationId: string;
  /** False if a job to stop or restart the unit ended it: a stop on purpose. */
  byItself: boolean;
  result: string;
  exitCode: string;
  exitStatus: string;
  /** From its start to its end, in milliseconds, excluding time asleep. */
  ranMs: number;
  /** Null if the table could not be read. */
  use: TableUse | null;
  /** The number of orphaned sets before they were removed. */
  orphans: number;
  /** The most sets that one killed run leaked, among those. */
  batch: number;
  /** The cause, by facts of the kernel and systemd only. */
  cause: Cause;
  /** Whether everything else that a start needs was tried then (StartTrial), and nothing was in its way. */
  tried: boolean;
}

/**
 * Whether a run with this $SERVICE_RESULT may have failed because no set could be created: httpd then exits with 1 or (2.2)
 * with 0, and systemd may miss its pid file (protocol, resources) or reach the start limit. A signal, a timeout and the OOM
 * killer are other causes.
 */
export function mayLackSets(result: string): boolean {
  return isFailedExit(result) || result === 'success';
}

/**
 * The ending of a failed unit without a record by ExecStopPost=: systemd's current properties, and the table as it is now, before
 * orphaned sets are removed.
 */
export function endingFoundLater(
  { invocationId, result, run }: UnitFacts,
  use: TableUse,
  orphans: number,
  cause: Cause,
): RunEnding {
  const ended = Math.max(...run.stamps.map(({ monotonicMs }) => monotonicMs), run.began.monotonicMs);
  return {
    invocationId,
    byItself: true,
    result,
    exitCode: '',
    exitStatus: '',
    ranMs: ended - run.began.monotonicMs,
    use,
    orphans,
    batch: 0,
    cause,
    tried: false,
  };
}

/** Parses the JSON value of the state file. Null for any other form. */
export function parseRunEnding(value: unknown): RunEnding | null {
  const ending = value as RunEnding | null;
  const whole =
    typeof ending === 'object' &&
    ending !== null &&
    [ending.invocationId, ending.result, ending.exitCode, ending.exitStatus].every(
      (field) => typeof field === 'string',
    ) &&
    [ending.byItself, ending.tried].every((field) => typeof field === 'boolean') &&
    [ending.ranMs, ending.orphans, ending.batch].every((field) => typeof field === 'number') &&
    CAUSES.includes(ending.cause) &&
    (ending.use === null || isUse(ending.use));
  return whole ? ending : null;
}

function isUse(use: Partial<TableUse> | undefined): boolean {
  return [use?.sets?.used, use?.sets?.max, use?.semaphores?.used, use?.semaphores?.max].every(
    (field) => typeof field === 'number',
  );
}
