import type { UnitListing } from '../httpd/choose-unit.ts';
import type { Fact } from '../fact.ts';
import type { Health } from './health.ts';
import type { HttpdSettings } from '../httpd/settings.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { PidFile } from '../verdict/pid-file.ts';
import type { SegmentJudgement } from '../verdict/segment.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import type { Judgement } from '../verdict/verdict.ts';

/** All that `check` found, for every view to show. */
export interface Report {
  unit: Fact<UnitFacts>;
  otherUnits: readonly UnitListing[];
  settings: Fact<HttpdSettings>;
  pidFile: Fact<PidFile>;
  snapshot: Snapshot;
  lineages: readonly Lineage[];
  use: Fact<TableUse>;
  judgements: readonly Judgement[];
  /** Of shared memory, those that may be left over. */
  segments: Fact<readonly SegmentJudgement[]>;
  health: Health;
  /** From which use of a limit on, in percent. */
  warnPercent: number;
  critPercent: number;
}
