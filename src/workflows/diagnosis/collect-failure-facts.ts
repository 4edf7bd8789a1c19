import { countVerdicts } from '../../core/check/health.ts';
import { blockingServers } from '../../core/diagnosis/blocking-servers.ts';
import type { FailureFacts, Holder, ListeningOrphan, Stranger } from '../../core/diagnosis/failure-facts.ts';
import { findCause } from '../../core/diagnosis/find-cause.ts';
import { endOf } from '../../core/diagnosis/causes/last-end.ts';
import { isMasterless } from '../../core/diagnosis/masterless.ts';
import { findOutsider, outsiderOnPort } from '../../core/diagnosis/outsider.ts';
import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { setsNeed } from '../../core/diagnosis/causes/sets-need.ts';
import { type Fact, known, unknown, valueOrNull } from '../../core/fact.ts';
import { type Directive, countBalancers, listenPorts, wsgiGroups } from '../../core/httpd/directives.ts';
import { type HttpdSettings, idComplaint } from '../../core/httpd/settings.ts';
import { byOwner } from '../../core/limits/owners.ts';
import { productOf } from '../../core/limits/product.ts';
import { setsLeftBy } from '../../core/register/left-sets.ts';
import { lostOf } from '../../core/register/losses.ts';
import { type MissingSets, missingSets } from '../../core/register/missing-sets.ts';
import type { Register } from '../../core/register/register.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { UnitJob } from '../../core/units/unit-job.ts';
import { isUp } from '../../core/units/unit-state.ts';
import { type Lineage, lineages } from '../../core/verdict/lineage.ts';
import type { PidFile } from '../../core/verdict/pid-file.ts';
import type { ProcessFacts } from '../../core/verdict/process-facts.ts';
import { mayBeMutexOf } from '../../core/verdict/semaphore-set.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import { tableUse } from '../../core/verdict/table-use.ts';
import { type Judgement, judge } from '../../core/verdict/verdict.ts';
import { userNames } from '../../host/exec/user-names.ts';
import { readDirectives } from '../servers/read-directives.ts';
import { readServerPidFile } from '../servers/server-pid-file.ts';
import { listeningProcesses, silentProcesses } from '../../host/proc/listening.ts';
import { findStartCommand } from '../../host/httpd/start-command.ts';
import { portOwners } from '../../host/proc/port-owners.ts';
import { readExecutable, readUnit } from '../../host/proc/proc-files.ts';
import { readSetsSeen } from '../../host/state/sets-seen.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import type { Server } from '../servers/find-server.ts';
import type { JournalWitness } from './journal-witness.ts';
import { type StartTrial, tryStart } from './try-start.ts';
import { withSeen } from '../sets/keep-register.ts';
import { readSnapshot } from '../sets/take-snapshot.ts';

const MOST_HOLDERS = 10;

/**
 * Collects facts of the kernel and systemd about why the unit of a server is down; httpd's answer is in `server`. Reads no log.
 * `trial` is one that was begun before; null if there is none.
 */
export async function collectFailureFacts(
  server: Server,
  endingOf: (invocationId: string) => RunEnding | null,
  systemd: SystemdSession,
  witness: JournalWitness,
  trial: Promise<StartTrial> | null,
): Promise<FailureFacts> {
  const lastJob = beginLastJob(server, systemd, witness);
  // With what this look sees: losses of a run that is over are none.
  const before = await readSnapshot(server.owner, systemd);
  const snapshot = withSeen(before);
  const living = lineages(snapshot);
  const judgements = judge(snapshot, living);
  const looked = { snapshot, living, judgements, registerBefore: before.register, trial, lastJob };
  return failureFactsOf(server, looked, endingOf, systemd, witness);
}

/** A look with what core derives from it, each once. */
export interface Looked {
  snapshot: Snapshot;
  living: readonly Lineage[];
  judgements: readonly Judgement[];
  /** That of the snapshot may include this look. */
  registerBefore: Register;
  /** One that was begun before the look; null if there is none. */
  trial: Promise<StartTrial> | null;
  lastJob: Promise<Fact<UnitJob | null>>;
}

/** Asks for the last job of a unit that is down: beside the look it takes no time. */
export function beginLastJob(
  { unit }: Server,
  systemd: SystemdSession,
  witness: JournalWitness,
): Promise<Fact<UnitJob | null>> {
  return unit.known && !isUp(unit.value)
    ? witness.lastJob(unit.value.name, systemd.leftMs())
    : Promise.resolve(known(null));
}

/** The same by a look that was taken already. */
export async function failureFactsOf(
  server: Server,
  { snapshot, living, judgements, registerBefore, trial, lastJob }: Looked,
  endingOf: (invocationId: string) => RunEnding | null,
  systemd: SystemdSession,
  witness: JournalWitness,
): Promise<FailureFacts> {
  const { unit, settings, configComplaint } = server;
  const about = unit.known ? unit.value : null;
  const count = countVerdicts(judgements);
  const pidFile = readServerPidFile(settings, snapshot);
  const sysvMutexes = settings.known ? settings.value.sysvMutexes : null;
  const isDown = about !== null && !isUp(about);
  const directives = isDown && settings.known ? readDirectives(about, settings.value) : [];
  const ending = about === null ? null : endingOf(about.invocationId);
  const holders = await readHolders(snapshot, settings, systemd.leftMs());
  const facts: FailureFacts = {
    unit,
    startCommand: isDown ? valueOrNull(findStartCommand(about)) : null,
    ending,
    lastJob: await lastJob,
    configComplaint: withIds(configComplaint, settings),
    sysvMutexes,
    need: setsNeed({
      seen: about === null ? null : setsSeen(about, server),
      registered: sysvMutexes,
      balancers: countBalancers(directives),
      orphans: judgements.filter(({ verdict }) => verdict === 'orphan').map(({ set }) => set),
      batchBefore: ending?.batch ?? 0,
    }),
    use: tableUse(snapshot),
    lost: about !== null && isUp(about) ? lostOf(about.name, snapshot) : null,
    missingSets: readMissingSets(server, { snapshot, judgements }),
    runSets: about === null ? null : setsSince(about.run.began.realMs, snapshot, living),
    leftSets: isDown ? setsLeftBy(about, registerBefore, snapshot, living) : 0,
    orphans: count.orphan,
    unsure: count.unsure,
    ownerUnknown: server.owner.known ? null : server.owner.why,
    blockingServers:
      about !== null && settings.known
        ? blockingServers(snapshot, living, about.name, sysvMutexes ?? Infinity)
        : [],
    holders,
    disks: [],
    listeningOrphans: about === null ? [] : listeningOrphans(about.name, living, listenPorts(directives)),
    silentOrphans:
      about === null || !isDown
        ? []
        : silentProcesses(orphanedWorkers(living).filter((worker) => isOfUnit(worker, about.name))),
    portOwners: [],
    httpdRuns: about === null ? unknown('no unit') : httpdRuns(about.name, pidFile, living, snapshot),
    isMasterless: about !== null && isMasterless(about, pidFile, living),
    outsider: about === null ? null : findOutsider(about, pidFile, snapshot.processes, living),
    pidFile,
    stranger: pidFile === null ? null : strangerOf(pidFile),
    oomKiller: known(ending?.cause === 'out-of-memory' ? 'recorded' : null),
  };
  return about === null || !isDown
    ? facts
    : withSlowFacts(
        about,
        facts,
        directives,
        living,
        systemd,
        witness,
        () => trial ?? tryStart(about, settings, systemd.deadlineMs),
      );
}

/** The sets that a running server lacks, compared with its runs before; null if there is none. */
export function readMissingSets(
  { unit, settings }: Server,
  { snapshot, judgements }: Pick<Looked, 'snapshot' | 'judgements'>,
): MissingSets | null {
  if (!unit.known || !isUp(unit.value)) return null;
  const missing = missingSets(unit.value, snapshot, judgements);
  if (missing === null) return null;
  const directives = settings.known ? readDirectives(unit.value, settings.value) : [];
  return { ...missing, wsgiGroups: wsgiGroups(directives) };
}

/** What costs more, where what is known so far does not name the cause. */
async function withSlowFacts(
  unit: UnitFacts,
  facts: FailureFacts,
  directives: readonly Directive[],
  living: readonly Lineage[],
  systemd: SystemdSession,
  witness: JournalWitness,
  trial: () => Promise<StartTrial>,
): Promise<FailureFacts> {
  const { cause, weak, isOver } = findCause(facts);
  if ((cause === 'killed' || cause === 'out-of-memory') && endOf(unit, facts).result === 'signal') {
    const run = { unit: unit.name, mainPid: unit.lastMainPid, beganMs: unit.run.began.realMs };
    const asked = await witness.oomKiller(run, systemd.leftMs());
    // The journal may have lost what ExecStopPost= found in it.
    return valueOrNull(asked) === null && cause === 'out-of-memory' ? facts : { ...facts, oomKiller: asked };
  }
  if (cause !== 'other' && weak !== true && isOver !== true) return facts;
  const orphans = new Set(facts.listeningOrphans.map(({ pid }) => pid));
  const others = portOwners(new Set(listenPorts(directives))).filter(
    (owner) => owner.unit !== unit.name && (owner.pid === null || !orphans.has(owner.pid)),
  );
  const { disks, configComplaint: tested } = await trial();
  return {
    ...facts,
    portOwners: others,
    outsider: facts.outsider ?? outsiderOnPort(living, others),
    disks,
    configComplaint: tested.known && tested.value !== null ? tested : facts.configComplaint,
  };
}

function withIds(complaint: Fact<string | null>, settings: Fact<HttpdSettings>): Fact<string | null> {
  if (!complaint.known || complaint.value !== null || !settings.known) return complaint;
  return known(idComplaint(settings.value));
}

/** ctime counts whole seconds. */
const CTIME_MS = 1_000;

/** Sets that look like httpd's and were made since then, where no httpd lives that could have made them besides. */
function setsSince(beganMs: number, { owner, sets }: Snapshot, living: readonly Lineage[]): number | null {
  if (!owner.known || !sets.known || living.length > 0) return null;
  const { value } = owner;
  return sets.value.filter((set) => mayBeMutexOf(set, value) && set.ctime * 1000 >= beganMs - CTIME_MS)
    .length;
}

/** Of a run with the same mutexes and user; what was changed since may need more or fewer. */
function setsSeen(unit: UnitFacts, { settings, owner }: Server): number | null {
  const seen = readSetsSeen(unit.name);
  if (seen === null || !owner.known) return null;
  const { mutexMechanism: mechanism, sysvMutexes: registered } = settings.known
    ? settings.value
    : { mutexMechanism: null, sysvMutexes: null };
  const isSame =
    seen.uid === owner.value.uid && seen.mechanism === mechanism && seen.registered === registered;
  return isSame ? seen.sets : null;
}

function strangerOf(pidFile: Fact<PidFile>): Stranger | null {
  if (!pidFile.known || pidFile.value.state !== 'foreign' || pidFile.value.pid === null) return null;
  const { pid } = pidFile.value;
  try {
    const unit = readUnit(pid);
    return { pid, program: readExecutable(pid).path, unit: unit.known ? unit.value : null };
  } catch {
    // A kernel thread, or it has ended.
    return { pid, program: null, unit: null };
  }
}

function httpdRuns(
  unit: string,
  pidFile: Fact<PidFile> | null,
  living: readonly Lineage[],
  { visibility }: Snapshot,
): Fact<boolean> {
  if (living.some(({ root }) => root.unit.known && root.unit.value === unit)) return known(true);
  if (pidFile?.known === true && pidFile.value.state === 'live') return known(true);
  return visibility.known ? known(false) : visibility;
}

/** Orphaned workers that listen on a port of this httpd; on any where its ports are not known. */
function listeningOrphans(
  unit: string,
  living: readonly Lineage[],
  wanted: readonly number[],
): ListeningOrphan[] {
  const workers = orphanedWorkers(living);
  const inUnit = new Set(workers.filter((worker) => isOfUnit(worker, unit)).map(({ pid }) => pid));
  return listeningProcesses(workers)
    .filter(({ ports }) => wanted.length === 0 || ports.some((port) => wanted.includes(port)))
    .map((orphan) => ({ ...orphan, inUnit: inUnit.has(orphan.pid) }));
}

function orphanedWorkers(living: readonly Lineage[]): ProcessFacts[] {
  return living
    .filter(({ role }) => role === 'orphaned-workers')
    .flatMap(({ members }) => members)
    .filter(({ isHttpd }) => isHttpd.known && isHttpd.value);
}

function isOfUnit({ unit: its }: ProcessFacts, unit: string): boolean {
  return its.known && its.value === unit;
}

async function readHolders(
  { sets }: Snapshot,
  settings: Fact<HttpdSettings>,
  timeoutMs: number,
): Promise<Holder[]> {
  if (!sets.known) return [];
  const largest = byOwner(sets.value).slice(0, MOST_HOLDERS);
  // httpd has named its own already.
  const names = new Map(settings.known ? [[settings.value.uid, settings.value.user]] : []);
  const unnamed = largest.map(([uid]) => uid).filter((uid) => !names.has(uid));
  for (const [uid, name] of await userNames(unnamed, timeoutMs)) names.set(uid, name);
  return largest.map(([uid, owned]) => {
    const user = names.get(uid) ?? null;
    return { uid, user, product: productOf(user, owned), sets: owned.length };
  });
}
