import type { FailureFacts, LogLine } from '../../../src/core/diagnosis/failure-facts.ts';
import { known } from '../../../src/core/fact.ts';
import { matchLine } from '../../../src/core/logs/match-line.ts';
import type { RunEnding } from '../../../src/core/diagnosis/run-ending.ts';
import type { TableUse } from '../../../src/core/verdict/table-use.ts';
import type { UnitFacts } from '../../../src/core/units/unit-facts.ts';
import { unit } from '../../view/report-builder.ts';

export const use = (used: number, max = 12): TableUse => ({
  sets: { used, max },
  semaphores: { used, max: 32_000 },
});

export const failedUnit = (over: Partial<UnitFacts> = {}): UnitFacts =>
  unit({ active: 'failed', sub: 'failed', result: 'exit-code', mainPid: 0, ...over });

export const ending = (over: Partial<RunEnding> = {}): RunEnding => ({
  invocationId: unit().invocationId,
  byItself: true,
  result: 'exit-code',
  exitCode: 'exited',
  exitStatus: '1',
  ranMs: 1_000,
  use: null,
  orphans: 0,
  cause: 'other',
  ...over,
});

/** A unit that failed, in a world where nothing else is wrong. */
export const failure = (over: Partial<FailureFacts> = {}): FailureFacts => ({
  unit: known(failedUnit()),
  ending: null,
  configComplaint: known(null),
  sysvMutexes: 3,
  use: known(use(0)),
  orphans: 0,
  unsure: 0,
  blockingServers: [],
  holders: [],
  diskSpaces: [],
  listeningOrphans: [],
  outsider: null,
  ...over,
});

/** A table that the dead have filled. */
export const leak = (over: Partial<FailureFacts> = {}): FailureFacts =>
  failure({ use: known(use(12)), orphans: 9, ...over });

/** A line that was written when the run ended. */
export const line = (text: string, over: Partial<LogLine> = {}): LogLine => ({
  text,
  atMs: unit().run.began.realMs,
  isFromStart: false,
  match: matchLine(text),
  source: 'error.log',
  ...over,
});
