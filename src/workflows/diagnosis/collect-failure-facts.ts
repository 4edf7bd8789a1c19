import { countVerdicts } from '../../core/check/health.ts';
import { blockingServers } from '../../core/diagnosis/blocking-servers.ts';
import type { FailureFacts, Outsider, Stranger } from '../../core/diagnosis/failure-facts.ts';
import { findCause } from '../../core/diagnosis/find-cause.ts';
import { endOf } from '../../core/diagnosis/causes/last-end.ts';
import { isMasterless } from '../../core/diagnosis/masterless.ts';
import { findOutsider, outsiderOnPort, serviceOf } from '../../core/diagnosis/outsider.ts';
import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { setsNeed } from '../../core/diagnosis/causes/sets-need.ts';
import { type Fact, known, unknown, valueOrNull } from '../../core/fact.ts';
import { type Directive, countBalancers, listenPorts } from '../../core/httpd/directives.ts';
import { type HttpdSettings, idComplaint } from '../../core/httpd/settings.ts';
import { setsLeftBy } from '../../core/register/left-sets.ts';
import { lostOf } from '../../core/register/losses.ts';
import type { Register } from '../../core/register/register.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { UnitJob } from '../../core/units/unit-job.ts';
import { isUp } from '../../core/units/unit-state.ts';
import { type Lineage, lineages } from '../../core/verdict/lineage.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import { tableUse } from '../../core/verdict/table-use.ts';
import { type Judgement, judge } from '../../core/verdict/verdict.ts';
import { readDirectives } from '../servers/read-directives.ts';
import { awaitedPidFile, hasOtherPidFile, readServerPidFile } from '../servers/server-pid-file.ts';
import { findStartCommand } from '../../host/httpd/start-command.ts';
import { portOwners } from '../../host/proc/port-owners.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import type { Server } from '../servers/find-server.ts';
import type { JournalWitness } from './journal-witness.ts';
import { type StartTrial, tryStart } from './try-start.ts';
import { withSeen } from '../sets/keep-register.ts';
import { readSnapshot } from '../sets/take-snapshot.ts';
import { findBrokenNeed } from './find-broken-need.ts';
import { readHolders, readMissingSets, setsSeen, setsSince } from './facts-of-sets.ts';
import { httpdRuns, listeningOrphans, silentOrphans, strangerOf } from './facts-of-processes.ts';

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
  const outsider = about === null ? null : findOutsider(about, pidFile, snapshot.processes, living);
  const other = outsider === null ? null : await otherServer(outsider, snapshot, systemd);
  const facts: FailureFacts = {
    unit,
    startCommand: isDown ? valueOrNull(findStartCommand(about)) : null,
    ending,
    brokenNeed: about === null ? null : await findBrokenNeed(about, systemd),
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
    silentOrphans: about === null || !isDown ? [] : silentOrphans(about.name, living),
    portOwners: [],
    httpdRuns: about === null ? unknown('no unit') : httpdRuns(about.name, pidFile, living, snapshot),
    isMasterless: about !== null && isMasterless(about, pidFile, living),
    outsider: other === null ? outsider : null,
    pidFile,
    awaitedPidFile: about !== null && isDown ? awaitedPidFile(about, settings) : null,
    stranger: other ?? (pidFile === null ? null : strangerOf(pidFile)),
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

/** The httpd of another unit that a stale pid file names, since its pid is reused; null if it may be running in place of this one. */
async function otherServer(
  outsider: Outsider,
  snapshot: Snapshot,
  systemd: SystemdSession,
): Promise<Stranger | null> {
  const service = serviceOf(outsider);
  const { pid, path, pidFile } = outsider;
  if (service === null || pidFile === null) return null;
  return (await hasOtherPidFile(service, pidFile, snapshot, systemd))
    ? { pid, program: path, unit: service }
    : null;
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
