import type { Cause } from './cause.ts';
import { valueOrNull } from '../fact.ts';
import { counted } from '../text/counted.ts';
import type { FailureFacts } from './failure-facts.ts';
import { mayLackSets } from './run-ending.ts';
import { type TableUse, freeSets } from '../verdict/table-use.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import type { Evidence } from '../evidence.ts';

export interface Finding {
  cause: Cause;
  evidence: Evidence[];
  /** Whether the finding is uncertain: httpd may need fewer sets than it registers mutexes. */
  weak?: true;
}

/**
 * Why the unit is down, by facts of the kernel, systemd and httpd. A recovery uses only this function, which gets no log, so no
 * log line can make it act. Without a known cause the result is 'unknown' or 'other'.
 */
export function findCause(facts: FailureFacts): Finding {
  const { unit } = facts;
  if (!unit.known)
    return { cause: 'unknown', evidence: [{ rule: 'unit', saw: unit.why, source: 'systemctl' }] };
  return (
    outsiderCause(facts) ??
    restingCause(unit.value, facts) ??
    configCause(facts) ??
    portCause(facts) ??
    tableCause(facts, 'full') ??
    diskCause(facts) ??
    tableCause(facts, 'short') ??
    otherCause(unit.value, facts)
  );
}

/** First of all causes: whatever the failure, a start would now stop the running httpd. */
function outsiderCause({ outsider }: FailureFacts): Finding | null {
  if (outsider === null) return null;
  const { pid, path, unit, pidFile } = outsider;
  const where = unit === null ? 'outside systemd' : `in ${unit}`;
  const evidence: Evidence[] = [
    {
      rule: 'outsider',
      saw: `httpd ${pid} (${path ?? 'unknown program'}) is running ${where}`,
      source: `/proc/${pid}/cgroup`,
    },
  ];
  if (pidFile !== null)
    evidence.push({ rule: 'pid-file', saw: `${pidFile} names process ${pid}`, source: pidFile });
  return { cause: 'started-outside-systemd', evidence };
}

/** A unit that is running, starting, or was stopped on purpose has not failed. */
function restingCause(unit: UnitFacts, { ending }: FailureFacts): Finding | null {
  const state: Evidence = {
    rule: 'state',
    saw: `${unit.active} (${unit.sub}), result ${unit.result}`,
    source: show(unit),
  };
  if (unit.load === 'masked') return { cause: 'stopped-by-admin', evidence: [{ ...state, saw: 'masked' }] };
  // In ExecStopPost= the unit is still "deactivating": its ending decides.
  if (ending?.byItself === false) return { cause: 'stopped-by-admin', evidence: [state] };
  if (ending !== null || unit.active === 'failed') return null;
  return unit.active === 'inactive'
    ? { cause: 'stopped-by-admin', evidence: [state] }
    : { cause: 'none', evidence: [state] };
}

function configCause({ configComplaint }: FailureFacts): Finding | null {
  if (!configComplaint.known || configComplaint.value === null) return null;
  return {
    cause: 'config-error',
    evidence: [{ rule: 'configuration', saw: configComplaint.value, source: 'httpd -t' }],
  };
}

function portCause(facts: FailureFacts): Finding | null {
  if (facts.listeningOrphans.length === 0 || !endedByExit(facts)) return null;
  const evidence: Evidence[] = facts.listeningOrphans.map(({ pid, ports }) => ({
    rule: 'port',
    saw: `worker ${pid} of a killed master still listens on port ${ports.join(', ')}`,
    source: `/proc/${pid}/net/tcp`,
  }));
  return { cause: 'port-held-by-orphans', evidence };
}

/**
 * full: no set can be created at all. short: fewer than httpd registers mutexes, since a start that fails at the third set
 * removes the first two. Not every registered mutex is created, so short is the weaker finding.
 */
function tableCause(facts: FailureFacts, level: 'full' | 'short'): Finding | null {
  // The table does not affect mutexes of other mechanisms.
  if (facts.sysvMutexes === 0 || !endedByExit(facts)) return null;
  // The table when the run ended decides, if it is known: it may have been filled or cleaned since.
  const then = facts.ending?.use ?? null;
  const isOutside = looksFromOutside(facts);
  const use = then ?? (isOutside ? null : valueOrNull(facts.use));
  const needed = level === 'full' ? 1 : (facts.sysvMutexes ?? 1);
  if (use === null || freeSets(use) >= needed) return null;
  const orphans = Math.max(facts.ending?.orphans ?? 0, isOutside ? 0 : facts.orphans);
  const doubt = facts.unsure > 0 ? `, and ${facts.unsure} that may be orphaned` : '';
  const saw = `${counted(orphans, 'orphaned set')}, leaked by a killed httpd${doubt}`;
  const when = then === null ? '' : ' when the run ended';
  return {
    cause: orphans > 0 ? 'semaphore-leak' : 'semaphore-demand',
    evidence: [
      { rule: 'table', saw: `${inUse(use)}${when}`, source: '/proc/sysvipc/sem' },
      { rule: 'orphans', saw, source: 'httpd-guard check --explain' },
    ],
    ...(level === 'short' ? { weak: true } : {}),
  };
}

/** Whether the table was full when the run ended and has enough free sets for a start now. */
export function hasFreeSetsAgain(facts: FailureFacts): boolean {
  const { ending, use, sysvMutexes } = facts;
  if (ending?.use == null || !use.known || sysvMutexes === null || looksFromOutside(facts)) return false;
  return freeSets(use.value) >= Math.max(1, sysvMutexes);
}

/**
 * Whether this is not the table of the unit, which had its own IPC namespace (PrivateIPC=) until it ended. Only ExecStopPost= runs
 * in that namespace, and records its table.
 */
function looksFromOutside({ unit, ending }: FailureFacts): boolean {
  return unit.known && unit.value.privateIpc && (ending === null || ending.use !== null);
}

/** The least free space: a pid file takes a page. */
const LEAST_BYTES = 4096;

function diskCause(facts: FailureFacts): Finding | null {
  if (!endedByExit(facts)) return null;
  for (const { path, what, readOnly, freeBytes, freeInodes } of facts.diskSpaces) {
    const shm = path === '/dev/shm';
    if (readOnly) {
      const saw = `${path} (${what}) is read-only`;
      return { cause: 'other', evidence: [{ rule: 'room', saw, source: `findmnt -T ${path}` }] };
    }
    if (freeBytes < LEAST_BYTES) {
      const saw = `no space left in ${path} (${what})`;
      return {
        cause: shm ? 'shm-full' : 'disk-full',
        evidence: [{ rule: 'room', saw, source: `df ${path}` }],
      };
    }
    if (freeInodes === 0) {
      const saw = `no free inodes in ${path} (${what})`;
      return {
        cause: shm ? 'shm-full' : 'inodes-full',
        evidence: [{ rule: 'room', saw, source: `df -i ${path}` }],
      };
    }
  }
  return null;
}

/** Whether httpd itself exited with an error. Exit status 0 is one only soon after the start: later it looks like `apachectl stop`. */
function endedByExit({ unit, ending }: FailureFacts): boolean {
  const result = ending?.result ?? (unit.known ? unit.value.result : '');
  if (result === 'success') return ending !== null && ending.ranMs < NEVER_SERVED_MS;
  return mayLackSets(result);
}

/** httpd 2.2 creates its accept lock within two seconds of its start (httpd 2.2: server/mpm/prefork/prefork.c, ap_mpm_run). */
const NEVER_SERVED_MS = 10_000;

function otherCause(unit: UnitFacts, facts: FailureFacts): Finding {
  const { ending, use, configComplaint } = facts;
  const saw =
    ending === null
      ? `${unit.active} (${unit.sub}), result ${unit.result}`
      : `result ${ending.result}${ending.exitCode === '' ? '' : `, its main process ${ending.exitCode} with ${ending.exitStatus}`}`;
  const state: Evidence = { rule: 'state', saw, source: show(unit) };
  if (!use.known)
    return {
      cause: 'unknown',
      evidence: [state, { rule: 'table', saw: use.why, source: '/proc/sysvipc/sem' }],
    };
  const table = looksFromOutside(facts)
    ? `${unit.name} had its own IPC namespace (PrivateIPC=yes), which ended with it`
    : inUse(use.value);
  const room: Evidence = { rule: 'table', saw: table, source: '/proc/sysvipc/sem' };
  if (!configComplaint.known)
    return {
      cause: 'unknown',
      evidence: [state, room, { rule: 'configuration', saw: configComplaint.why, source: 'httpd -t' }],
    };
  return { cause: 'other', evidence: [state, room] };
}

function inUse({ sets, semaphores }: TableUse): string {
  return `${sets.used} of ${sets.max} sets and ${semaphores.used} of ${semaphores.max} semaphores in use`;
}

function show({ name }: UnitFacts): string {
  return `systemctl show ${name}`;
}
