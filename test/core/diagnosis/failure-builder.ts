import type { DiskTrial } from '../../../src/core/diagnosis/causes/disk-trial.ts';
import type { FailureFacts, LogLine } from '../../../src/core/diagnosis/failure-facts.ts';
import type { RunEnding } from '../../../src/core/diagnosis/run-ending.ts';
import { known } from '../../../src/core/fact.ts';
import { matchLine } from '../../../src/core/logs/match-line.ts';
import type { UnitFacts } from '../../../src/core/units/unit-facts.ts';
import type { UnitJob } from '../../../src/core/units/unit-job.ts';
import type { TableUse } from '../../../src/core/verdict/table-use.ts';
import { unit } from '../../view/report/report-builder.ts';

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
  batch: 0,
  tried: false,
  cause: 'other',
  ...over,
});

/** A job that ended a minute after the unit's last run began. */
export const job = (over: Partial<UnitJob> = {}): UnitJob => ({
  type: 'start',
  invocationId: unit().invocationId,
  atMs: unit().run.began.realMs + 60_000,
  result: 'failed',
  message: 'Failed to start httpd.service.',
  ranMs: null,
  ...over,
});

/** A folder that httpd writes to, and what became of a block that was written there. */
export const disk = (trial: Partial<DiskTrial>, path = '/var/log/apache2'): FailureFacts['disks'] => [
  {
    path,
    what: 'ErrorLog',
    fileSystem: 'ext4 on /dev/sda1',
    trial: known({ folder: path, real: path, freeBytes: 1e9, freeInodes: 1e6, error: null, ...trial }),
  },
];

/** A unit that failed, in a world where nothing else is wrong. */
export const failure = (over: Partial<FailureFacts> = {}): FailureFacts => ({
  unit: known(failedUnit()),
  startCommand: null,
  ending: null,
  brokenNeed: null,
  lastJob: known(null),
  configComplaint: known(null),
  sysvMutexes: 3,
  need: { sets: 3, by: 'registered', least: 0 },
  use: known(use(0)),
  lost: null,
  missingSets: null,
  runSets: null,
  leftSets: 0,
  orphans: 0,
  unsure: 0,
  ownerUnknown: null,
  blockingServers: [],
  holders: [],
  disks: [],
  listeningOrphans: [],
  silentOrphans: [],
  portOwners: [],
  httpdRuns: known(false),
  isMasterless: false,
  outsider: null,
  pidFile: known({ path: '/run/apache2.pid', pid: null, state: 'absent' }),
  awaitedPidFile: null,
  stranger: null,
  oomKiller: known(null),
  ...over,
});

/** A table full of orphaned sets. */
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
