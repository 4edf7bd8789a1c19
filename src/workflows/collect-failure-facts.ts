import type { FailureFacts, Holder, ListeningOrphan } from '../core/diagnosis/failure-facts.ts';
import { countVerdicts } from '../core/check/health.ts';
import { blockingServers } from '../core/diagnosis/blocking-servers.ts';
import { byOwner } from '../core/limits/owners.ts';
import { type Lineage, lineages } from '../core/verdict/lineage.ts';
import { findOutsider } from '../core/diagnosis/outsider.ts';
import { productOf } from '../core/limits/product.ts';
import type { RunEnding } from '../core/diagnosis/run-ending.ts';
import type { Snapshot } from '../core/verdict/snapshot.ts';
import { tableUse } from '../core/verdict/table-use.ts';
import { judge } from '../core/verdict/verdict.ts';
import type { Server } from './find-server.ts';
import { listeningProcesses } from '../host/proc/listening.ts';
import { readDiskSpaces } from '../host/files/disk-space.ts';
import { readServerPidFile } from './server-pid-file.ts';
import { readSnapshot } from './take-snapshot.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';
import { userNames } from '../host/exec/user-names.ts';

const MOST_HOLDERS = 10;

/** Collects facts of the kernel and systemd about why the unit of a server is down; httpd's answer is in `server`. Reads no log. */
export async function collectFailureFacts(
  { unit, settings, owner, configComplaint }: Server,
  endingOf: (invocationId: string) => RunEnding | null,
  systemd: SystemdSession,
): Promise<FailureFacts> {
  const snapshot = await readSnapshot(owner, systemd);
  const living = lineages(snapshot);
  const count = countVerdicts(judge(snapshot, living));
  return {
    unit,
    ending: unit.known ? endingOf(unit.value.invocationId) : null,
    configComplaint,
    sysvMutexes: settings.known ? settings.value.sysvMutexes : null,
    use: tableUse(snapshot),
    orphans: count.orphan,
    unsure: count.unsure,
    blockingServers:
      unit.known && settings.known
        ? blockingServers(snapshot, living, unit.value.name, settings.value.sysvMutexes ?? Infinity)
        : [],
    holders: await readHolders(snapshot, systemd.leftMs()),
    diskSpaces: settings.known ? readDiskSpaces(settings.value) : [],
    listeningOrphans: unit.known ? listeningOrphans(unit.value.name, living) : [],
    outsider: unit.known
      ? findOutsider(unit.value, readServerPidFile(settings, snapshot), snapshot.processes, living)
      : null,
  };
}

/** Workers without a master in the control group of the unit. */
function listeningOrphans(unit: string, living: readonly Lineage[]): ListeningOrphan[] {
  const members = living
    .filter(({ role }) => role === 'orphaned-workers')
    .flatMap((lineage) => lineage.members);
  return listeningProcesses(
    members.filter(
      (process) =>
        process.unit.known && process.unit.value === unit && process.isHttpd.known && process.isHttpd.value,
    ),
  );
}

async function readHolders({ sets }: Snapshot, timeoutMs: number): Promise<Holder[]> {
  if (!sets.known) return [];
  const largest = byOwner(sets.value).slice(0, MOST_HOLDERS);
  const names = await userNames(
    largest.map(([uid]) => uid),
    timeoutMs,
  );
  return largest.map(([uid, owned]) => {
    const user = names.get(uid) ?? null;
    return { uid, user, product: productOf(user, owned), sets: owned.length };
  });
}
