import type { UnitFacts } from './unit-facts.ts';

/** systemd fails a start or a stop that takes longer, whatever took the time: there must be enough left for httpd. */
const LEAST_TIMEOUT_MS = 10_000;
/** Where the OOM killer ends a hook, systemd fails the start, "-" before it or not (systemd.service(5), OOMPolicy=). A full table takes Node a hundred. */
const LEAST_MEMORY_MIB = 128;

/** Why the hooks must not be installed in a unit, or null. `distrust` is why root must not run anything with its environment. */
export function installObstacle(unit: UnitFacts, distrust: string | null): string | null {
  const { name, privateIpc, ownRoot, startTimeoutMs, stopTimeoutMs, memoryMaxBytes } = unit;
  // systemd runs the guard's hooks in that root too, and with that environment, and as root.
  if (ownRoot !== '')
    return `${name} has a root of its own (${ownRoot}), in which the guard would have to live; its sets can be cleared with: httpd-guard clean`;
  if (distrust !== null) return `root would run the guard with ${distrust}`;
  if (privateIpc)
    return `${name} has an IPC namespace of its own (PrivateIPC=yes): its sets die with it, and none is left to clear. What an httpd left here before goes with: httpd-guard clean`;
  const memoryMib = Math.floor(memoryMaxBytes / 1024 / 1024);
  if (memoryMib < LEAST_MEMORY_MIB)
    return `${name} has ${memoryMib} MiB of memory (MemoryMax=), and the guard may need a hundred before httpd starts; raise it to ${LEAST_MEMORY_MIB} or more`;
  for (const [ms, what, setting] of [
    [startTimeoutMs, 'start', 'TimeoutStartSec='],
    [stopTimeoutMs, 'stop', 'TimeoutStopSec='],
  ] as const)
    if (ms < LEAST_TIMEOUT_MS)
      return `${name} has ${ms / 1000} s to ${what} (${setting}), and the guard may need 5 of them; raise it to 10 or more`;
  return null;
}
