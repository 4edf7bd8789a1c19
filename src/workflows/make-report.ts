import type { Fact } from '../core/fact.ts';
import { guardWarnings, notGuarded } from '../core/guard/guard-problems.ts';
import type { GuardFacts } from '../core/guard/guard-facts.ts';
import { health } from '../core/check/health.ts';
import { lineages } from '../core/verdict/lineage.ts';
import { counted } from '../core/text/counted.ts';
import type { Report } from '../core/check/report.ts';
import { type Segment, detachedSegments } from '../core/verdict/segment.ts';
import { mayBeMutexOf } from '../core/verdict/semaphore-set.ts';
import type { Snapshot } from '../core/verdict/snapshot.ts';
import { tableUse } from '../core/verdict/table-use.ts';
import type { UnitFacts } from '../core/units/unit-facts.ts';
import { isDownForSets } from '../core/recovery/reason-to-look.ts';
import { judge } from '../core/verdict/verdict.ts';
import type { Server } from './find-server.ts';
import { noPidFile, readServerPidFile } from './server-pid-file.ts';
import { readRunEnding } from '../host/state/read-run-ending.ts';

/** The use of a limit, in percent, that is a warning and that is critical. */
export interface Thresholds {
  warnPercent: number;
  critPercent: number;
}

/** The report of `check` on a server: the facts and what core derives from them. Reads the pid file. */
export function makeReport(
  server: Server,
  snapshot: Snapshot,
  segments: Fact<Segment[]>,
  guard: GuardFacts,
  thresholds: Thresholds,
): Report {
  const living = lineages(snapshot);
  const judgements = judge(snapshot, living);
  const use = tableUse(snapshot);
  const pidFile = readServerPidFile(server.settings, snapshot) ?? noPidFile(server.settings);
  const missing = [
    ...server.missing,
    ...(pidFile.known ? [] : [pidFile.why]),
    ...missingFacts(snapshot),
    ...(segments.known ? [] : [segments.why]),
  ];
  return {
    unit: server.unit,
    otherUnits: server.otherUnits,
    settings: server.settings,
    pidFile,
    snapshot,
    lineages: living,
    use,
    judgements,
    segments: detachedSegments(segments, snapshot),
    health: health({
      use,
      judgements,
      active: server.unit.known ? { known: true, value: server.unit.value.active } : server.unit,
      unit: server.unit.known ? server.unit.value.name : 'httpd',
      needed: server.settings.known ? server.settings.value.sysvMutexes : null,
      isDownForSets: server.unit.known && isWaitingForSets(server.unit.value),
      isApart: server.unit.known && server.unit.value.privateIpc,
      guardProblems: server.unit.known ? guardWarnings(server.unit.value, guard) : [],
      found: server.settings.known || server.owner.known,
      ...thresholds,
      missing: [...new Set(missing), ...(server.unit.known ? notGuarded(server.unit.value, guard) : [])],
    }),
    guard,
    ...thresholds,
  };
}

function isWaitingForSets({ name, active, invocationId }: UnitFacts): boolean {
  return isDownForSets(active, readRunEnding(name, invocationId));
}

function missingFacts({ visibility, ipcNamespace, inspections, owner, sets }: Snapshot): string[] {
  const missing = [visibility, ipcNamespace].flatMap((fact) => (fact.known ? [] : [fact.why]));
  if (!owner.known || !sets.known) return missing;
  const unasked = sets.value.filter(
    (set) => mayBeMutexOf(set, owner.value) && inspections.get(set.id)?.known !== true,
  );
  return unasked.length === 0
    ? missing
    : [...missing, `the last user of ${counted(unasked.length, 'set')} of httpd is unknown`];
}
