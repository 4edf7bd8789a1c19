import type { UnitListing } from '../httpd/choose-unit.ts';
import type { Cure } from '../diagnosis/cures/cure.ts';
import type { Degradation } from '../diagnosis/degradation.ts';
import type { ShownCause } from '../diagnosis/diagnosis.ts';
import type { Fact } from '../fact.ts';
import type { GuardFacts } from '../guard/guard-facts.ts';
import type { Health } from './health.ts';
import type { HttpdSettings } from '../httpd/settings.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { PidFile } from '../verdict/pid-file.ts';
import type { SegmentJudgement } from '../verdict/segment.ts';
import type { Snapshot } from '../verdict/snapshot.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import type { Judgement } from '../verdict/verdict.ts';

/** Everything that `check` found, for every output format. */
export interface Report {
  unit: Fact<UnitFacts>;
  otherUnits: readonly UnitListing[];
  settings: Fact<HttpdSettings>;
  pidFile: Fact<PidFile>;
  snapshot: Snapshot;
  lineages: readonly Lineage[];
  use: Fact<TableUse>;
  judgements: readonly Judgement[];
  /** Shared memory segments that may be orphaned. */
  segments: Fact<readonly SegmentJudgement[]>;
  /** Why it is down, as `diagnose` shows it; null if it is up or its unit is unknown. */
  finding: ShownCause | null;
  /** It is up, but without some of its sets; null if it is not. */
  degraded: Degradation | null;
  /** What helps, best first. */
  cures: readonly Cure[];
  health: Health;
  guard: GuardFacts;
  /** Use of a limit that is a warning, in percent. */
  warnPercent: number;
  /** Use of a limit that is critical, in percent. */
  critPercent: number;
}
