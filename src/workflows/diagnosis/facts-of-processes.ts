import type { FailureFacts, ListeningOrphan, Stranger } from '../../core/diagnosis/failure-facts.ts';
import { type Fact, known } from '../../core/fact.ts';
import type { Lineage } from '../../core/verdict/lineage.ts';
import type { PidFile } from '../../core/verdict/pid-file.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import type { ProcessFacts } from '../../core/verdict/process-facts.ts';
import { listeningProcesses, silentProcesses } from '../../host/proc/listening.ts';
import { readExecutable, readUnit } from '../../host/proc/proc-files.ts';

/** Who a pid file of another program names; null if it is none. */
export function strangerOf(pidFile: Fact<PidFile>): Stranger | null {
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

/** Whether an httpd of the unit lives. */
export function httpdRuns(
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
export function listeningOrphans(
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

/** Orphaned workers of the unit that listen on no port. */
export function silentOrphans(unit: string, living: readonly Lineage[]): FailureFacts['silentOrphans'] {
  return silentProcesses(orphanedWorkers(living).filter((worker) => isOfUnit(worker, unit)));
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
