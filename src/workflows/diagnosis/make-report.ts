import type { Fact } from '../../core/fact.ts';
import { guardWarnings, notGuarded, uninstalledWarnings } from '../../core/guard/guard-problems.ts';
import type { GuardFacts } from '../../core/guard/guard-facts.ts';
import { health } from '../../core/check/health.ts';
import { lineages } from '../../core/verdict/lineage.ts';
import { counted } from '../../core/text/counted.ts';
import type { Report } from '../../core/check/report.ts';
import { type Segment, detachedSegments } from '../../core/verdict/segment.ts';
import { mayBeMutexOf } from '../../core/verdict/semaphore-set.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import { tableUse } from '../../core/verdict/table-use.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { isUnsupervised, isUp } from '../../core/units/unit-state.ts';
import { tableAdvice } from '../../core/check/table-advice.ts';
import type { Cure } from '../../core/diagnosis/cures/cure.ts';
import { lostSets } from '../../core/register/losses.ts';
import { judge } from '../../core/verdict/verdict.ts';
import type { Server } from '../servers/find-server.ts';
import { noPidFile, readServerPidFile } from '../servers/server-pid-file.ts';
import { readRunEnding } from '../../host/state/read-run-ending.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { degradation } from '../../core/diagnosis/degradation.ts';
import { isMasterless } from '../../core/diagnosis/masterless.ts';
import { beginLastJob, failureFactsOf } from './collect-failure-facts.ts';
import { readMissingSets } from './facts-of-sets.ts';
import { diagnoseFacts } from './diagnose.ts';
import { journalWitness } from './read-journal-witness.ts';
import { readRunLog } from './read-run-log.ts';

/** The use of a limit, in percent, that is a warning and that is critical. */
export interface Thresholds {
  warnPercent: number;
  critPercent: number;
}

/** The report of `check` on a server: the facts, what core derives from them, and why it is down. Reads the pid file. */
export async function makeReport(
  server: Server,
  snapshot: Snapshot,
  segments: Fact<Segment[]>,
  guard: GuardFacts,
  thresholds: Thresholds,
  systemd: SystemdSession,
): Promise<Report> {
  const living = lineages(snapshot);
  const judgements = judge(snapshot, living);
  const use = tableUse(snapshot);
  const pidFile = readServerPidFile(server.settings, snapshot) ?? noPidFile(server.settings);
  const endingOf = (id: string) => (server.unit.known ? readRunEnding(server.unit.value.name, id) : null);
  const isDown =
    server.unit.known && (!isRunning(server.unit.value) || isMasterless(server.unit.value, pidFile, living));
  const found = isDown
    ? await diagnoseFacts(
        server,
        await failureFactsOf(
          server,
          {
            snapshot,
            living,
            judgements,
            registerBefore: snapshot.register,
            trial: null,
            lastJob: beginLastJob(server, systemd, journalWitness),
          },
          endingOf,
          systemd,
          journalWitness,
        ),
        systemd,
      )
    : null;
  // The log is read only if sets are missing.
  const missingSets = isDown ? null : readMissingSets(server, { snapshot, judgements });
  const degraded =
    missingSets === null
      ? null
      : degradation(missingSets, (await readRunLog(server, systemd.leftMs())).lines);
  const missing = [
    ...server.missing.filter((why) => !server.problems.includes(why)),
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
    finding: found,
    degraded,
    cures: found?.cures ?? advice(server, use, judgements),
    health: health({
      use,
      judgements,
      unit: server.unit,
      finding: found,
      needed: server.settings.known ? server.settings.value.sysvMutexes : null,
      isApart: server.unit.known && server.unit.value.privateIpc,
      lostSets: server.unit.known ? lostSets(server.unit.value.name, snapshot.register.losses) : 0,
      degraded,
      guardProblems: [
        ...server.problems,
        ...(server.unit.known ? guardWarnings(server.unit.value, guard) : uninstalledWarnings(guard)),
      ],
      found: server.settings.known || server.owner.known,
      ...thresholds,
      missing: [...new Set(missing), ...(server.unit.known ? notGuarded(server.unit.value, guard) : [])],
    }),
    guard,
    ...thresholds,
  };
}

/** A unit of a SysV script is looked at closer: systemd does not notice when its httpd ends. */
function isRunning(unit: UnitFacts): boolean {
  return isUp(unit) && !isUnsupervised(unit);
}

function advice(server: Server, use: Report['use'], judgements: Report['judgements']): readonly Cure[] {
  return server.unit.known && server.settings.known
    ? tableAdvice(server.unit.value, server.settings.value, use, judgements)
    : [];
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
