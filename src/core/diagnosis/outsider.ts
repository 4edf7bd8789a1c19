import type { Fact } from '../fact.ts';
import type { Outsider, PortOwner } from './failure-facts.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { PidFile } from '../verdict/pid-file.ts';
import type { ProcessFacts } from '../verdict/process-facts.ts';
import { isDown } from '../units/unit-state.ts';
import type { UnitFacts } from '../units/unit-facts.ts';

/**
 * The running httpd that is named in a unit's pid file, but was started outside the unit: by hand, by cron, or by an earlier run
 * of the unit that did not stop it. `pidFile` is null if httpd does not report its path: then any running master outside of
 * services may be named in it.
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

/**
 * The running httpd outside of services that holds a port of a unit which failed to start: its pid file is another one, or is gone.
 */
export function outsiderOnPort(living: readonly Lineage[], owners: readonly PortOwner[]): Outsider | null {
  const pids = new Set(owners.map(({ pid }) => pid));
  const master = living.find(
    ({ role, root }) => role === 'master' && !isInService(root) && pids.has(root.pid),
  );
  return master === undefined ? null : outsider(master.root, null);
}

function isInService({ unit }: ProcessFacts): boolean {
  return unit.known && isService(unit.value);
}

/** The service whose httpd it is; null for one that was started in a session, by a user's systemd, or outside of units. */
export function serviceOf({ unit }: Outsider): string | null {
  return unit !== null && isService(unit) ? unit : null;
}

function isService(unit: string): boolean {
  return unit.endsWith('.service') && !/^user@\d+\.service$/.test(unit);
}

function outsider({ pid, exe, unit }: ProcessFacts, pidFile: string | null): Outsider {
  return {
    pid,
    path: exe.known ? exe.value.path : null,
    unit: unit.known ? unit.value : null,
    pidFile,
  };
}
