import { wallStartMs } from '../../core/clock.ts';
import { valueOrNull } from '../../core/fact.ts';
import { countVerdicts } from '../../core/check/health.ts';
import type { Role } from '../../core/verdict/lineage.ts';
import { isHttpdName } from '../../core/httpd/identity.ts';
import type { Report } from '../../core/check/report.ts';
import { ClaimJudge, type SetOwner } from '../../core/register/claim-judge.ts';
import type { SegmentJudgement } from '../../core/verdict/segment.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { Judgement } from '../../core/verdict/verdict.ts';
import { isoTime } from '../iso-time.ts';
import type { CheckJson } from '../schemas/check.ts';

/** The object of `check --json` (documented in httpd-guard(8)). What could not be read is null and named in `reasons`. */
export function reportJson(report: Report): CheckJson {
  const { snapshot, health, judgements } = report;
  const count = countVerdicts(judgements);
  const owners = new ClaimJudge(snapshot, report.lineages);
  return {
    schema: 1,
    takenAt: isoTime(snapshot.clock.realMs),
    unit: unitJson(report),
    httpd: httpdJson(report),
    limits: valueOrNull(report.use),
    summary: snapshot.sets.known
      ? { orphan: count.orphan, inUse: count['in-use'], foreign: count.foreign, unsure: count.unsure }
      : null,
    sets: snapshot.sets.known ? judgements.map((judgement) => setJson(judgement, report, owners)) : null,
    segments: valueOrNull(report.segments)?.map(segmentJson) ?? null,
    status: health.status,
    reasons: [...health.reasons],
  };
}

type SetJson = NonNullable<CheckJson['sets']>[number];
type SegmentJson = NonNullable<CheckJson['segments']>[number];
type ProcessJson = NonNullable<CheckJson['httpd']['masters']>[number];

/** One set: the kernel's line, the verdict and its evidence. */
function setJson({ set, verdict, evidence }: Judgement, { snapshot }: Report, owners: ClaimJudge): SetJson {
  const inspection = snapshot.inspections.get(set.id);
  const asked = inspection?.known === true ? inspection.value : null;
  return {
    id: set.id,
    key: set.key,
    nsems: set.nsems,
    mode: `0${set.mode.toString(8).padStart(3, '0')}`,
    uid: set.uid,
    cuid: set.cuid,
    ctime: isoTime(set.ctime * 1000),
    lastPid: asked?.lastPid ?? null,
    waiters: asked?.waiters ?? null,
    owner: ownerJson(owners.ownerOf(set)),
    verdict,
    evidence: [...evidence],
  };
}

function ownerJson(owner: SetOwner | null): SetJson['owner'] {
  if (owner === null) return null;
  const { run, living } = owner;
  return { unit: run.unit, invocation: run.invocationId, masterPid: run.masterPid, living };
}

function segmentJson({ segment, verdict, evidence }: SegmentJudgement): SegmentJson {
  const { id, key, size, uid, cuid, cpid, lpid, attached } = segment;
  return { id, key, size, uid, cuid, cpid, lpid, attached, verdict, evidence: [...evidence] };
}

function unitJson({ unit }: Report): CheckJson['unit'] {
  if (!unit.known) return null;
  const { name, load, active, sub, result, mainPid, privateIpc } = unit.value;
  return { name, load, active, sub, result, mainPid, privateIpc };
}

function httpdJson(report: Report): CheckJson['httpd'] {
  const settings = valueOrNull(report.settings);
  const unit = valueOrNull(report.unit);
  return {
    user: settings?.user ?? null,
    uid: settings?.uid ?? null,
    binary: masterBinary(report) ?? unitBinary(unit),
    errorLog: settings?.errorLog ?? null,
    mutexMechanism: settings?.mutexMechanism ?? null,
    pidFile: valueOrNull(report.pidFile),
    masters: report.snapshot.visibility.known ? processes(report, 'master') : null,
    orphanedWorkers: report.snapshot.visibility.known ? processes(report, 'orphaned-workers') : null,
  };
}

function masterBinary({ lineages, unit }: Report): string | null {
  const masters = lineages.filter(({ role }) => role === 'master').map(({ root }) => root);
  const main = masters.find(({ pid }) => unit.known && unit.value.mainPid === pid) ?? masters[0];
  return main?.exe.known === true ? main.exe.value.path : null;
}

/** The unit's program, unless that is a start script such as apachectl. */
function unitBinary(unit: UnitFacts | null): string | null {
  const path = unit?.execStart?.path ?? '';
  return isHttpdName(path) ? path : null;
}

function processes({ lineages, snapshot }: Report, role: Role): ProcessJson[] {
  return lineages
    .filter((lineage) => lineage.role === role)
    .flatMap(({ root, members }) => (role === 'master' ? [root] : members))
    .map(({ pid, startedMs }) => ({ pid, startedAt: isoTime(wallStartMs(startedMs, snapshot.clock)) }));
}
