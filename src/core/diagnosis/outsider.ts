import type { Fact } from '../fact.ts';
import type { Outsider } from './failure-facts.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { PidFile } from '../verdict/pid-file.ts';
import type { ProcessFacts } from '../verdict/process-facts.ts';
import { isDown } from '../units/active-state.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/**
 * The living httpd that holds a unit's pid file, although the unit does not run it: started by hand, by cron, or left behind
 * by a unit that stopped without it. `pidFile` is null where httpd does not say where that is: then any living master that no
 * service runs may hold it.
 */
export function findOutsider(
  unit: UnitFacts,
  pidFile: Fact<PidFile> | null,
  processes: readonly ProcessFacts[],
  living: readonly Lineage[],
): Outsider | null {
  if (pidFile === null) {
    const master = living.find(({ role, root }) => role === 'master' && !isInService(root));
    return master === undefined ? null : outsider(master.root, null);
  }
  if (!pidFile.known || pidFile.value.state !== 'live') return null;
  const { path, pid } = pidFile.value;
  const process = processes.find((one) => one.pid === pid);
  if (process === undefined) return null;
  const isIts = process.unit.known && process.unit.value === unit.name;
  return isIts && !isDown(unit) ? null : outsider(process, path);
}

function isInService({ unit }: ProcessFacts): boolean {
  return unit.known && unit.value.endsWith('.service') && !unit.value.startsWith('user@');
}

function outsider({ pid, exe, unit }: ProcessFacts, pidFile: string | null): Outsider {
  return {
    pid,
    path: exe.known ? exe.value.path : null,
    unit: unit.known ? unit.value : null,
    pidFile,
  };
}
