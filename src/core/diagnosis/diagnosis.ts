import type { Cause } from './cause.ts';
import type { Cure } from './cures/cure.ts';
import { cures } from './cures/cures.ts';
import type { FailureFacts, Holder, LogLine } from './failure-facts.ts';
import { explainFailure } from './explain-failure.ts';
import { isOnlyByLog } from './only-by-log.ts';
import { isStartLimit } from './causes/of-state.ts';
import { hasFreeSetsAgain } from './causes/of-table.ts';
import { endOf } from './causes/last-end.ts';
import type { Evidence } from '../evidence.ts';

/** The result of `diagnose` and ExecStopPost=. */
export interface Diagnosis {
  unit: string;
  cause: Cause;
  /** Whether only the log of the run shows it. */
  onlyByLog: boolean;
  evidence: readonly Evidence[];
  /** The owners of the table, if the table is the cause. */
  holders: readonly Holder[];
  /** Whether the table is too small for this httpd, whatever it holds now. */
  isTableTooSmall: boolean;
  /** Whether the table had too few free sets when the run ended, and has enough now. */
  hasFreeSetsAgain: boolean;
  cures: readonly Cure[];
  /** Why a fact could not be read, one sentence for each. */
  missing: readonly string[];
}

/** What `check` shows of it. */
export type ShownCause = Pick<Diagnosis, 'cause' | 'evidence' | 'cures'> &
  Partial<Pick<Diagnosis, 'onlyByLog' | 'isTableTooSmall' | 'hasFreeSetsAgain'>>;

/** Puts facts, lines and cures together; for people, since the lines can be forged. */
export function diagnosis(
  facts: FailureFacts,
  lines: readonly LogLine[],
  missing: readonly string[],
): Diagnosis {
  const unit = facts.unit.known ? facts.unit.value.name : 'httpd';
  const { cause, evidence, isTableTooSmall = false } = explainFailure(facts, lines);
  const aboutTable = cause === 'semaphore-leak' || cause === 'semaphore-demand';
  return {
    unit,
    cause,
    onlyByLog: isOnlyByLog(cause, evidence),
    evidence,
    holders: aboutTable ? facts.holders : [],
    isTableTooSmall,
    hasFreeSetsAgain: hasFreeSetsAgain(facts),
    cures: cures(cause, {
      unit,
      facts: facts.unit,
      startCommand: facts.startCommand,
      result: facts.unit.known ? endOf(facts.unit.value, facts).result : '',
      isStartLimit: facts.unit.known && isStartLimit(facts.unit.value, facts),
      use: facts.use,
      unsure: facts.unsure,
      ownerUnknown: facts.ownerUnknown,
      blockingServers: facts.blockingServers,
      silentOrphans: facts.silentOrphans,
      hasFreeSetsAgain: hasFreeSetsAgain(facts),
      outsider: facts.outsider,
      portOwners: facts.portOwners,
      brokenNeed: facts.brokenNeed,
      isConfigBroken: facts.configComplaint.known && facts.configComplaint.value !== null,
      awaitsOtherPidFile: evidence.some(({ rule }) => rule === 'pid-file' && facts.awaitedPidFile !== null),
      pidFile: facts.pidFile?.known === true ? facts.pidFile.value.path : null,
      pids: facts.listeningOrphans.map(({ pid }) => pid),
    }),
    missing,
  };
}

/** The exit status: 0 cause found, 1 a cause that httpd-guard does not handle, 3 unknown. */
export function diagnosisExitCode(cause: Cause): 0 | 1 | 3 {
  if (cause === 'unknown') return 3;
  return cause === 'none' || cause === 'other' ? 1 : 0;
}
