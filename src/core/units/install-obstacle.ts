import type { UnitFacts } from './unit-facts.ts';

/** The shortest TimeoutStartSec= of a guarded unit: systemd counts the time of the hook, and httpd needs the rest. */
const LEAST_START_MS = 10_000;
/** The shortest TimeoutStopSec=, from which the hook gets limits that fit (stop-limits.ts): Node alone needs a tenth of a second. */
const LEAST_STOP_MS = 1_000;
/** The least MemoryMax=: if the OOM killer kills a hook, systemd fails the start, even with "-" (systemd.service(5), OOMPolicy=). With a full table Node needs 100 MiB. */
const LEAST_MEMORY_MIB = 128;

/** Why the hooks must not be installed in a unit, or null. `distrust` is why root must not run anything with its environment. */
export function installObstacle(unit: UnitFacts, distrust: string | null): string | null {
  const { name, privateIpc, ownRoot, startTimeoutMs, stopTimeoutMs, memoryMaxBytes } = unit;
  // systemd runs the hooks in the unit's root folder and with its environment, as root.
  if (ownRoot !== '')
    return `${name} runs with RootDirectory=${ownRoot}; the hooks would have to be installed inside it. To remove orphaned sets: httpd-guard clean`;
  if (distrust !== null) return `root would run httpd-guard with ${distrust}`;
  if (privateIpc)
    return `${name} has its own IPC namespace (PrivateIPC=yes), which ends with it, so it leaks no sets. To remove sets leaked before: httpd-guard clean`;
  const memoryMib = Math.floor(memoryMaxBytes / 1024 / 1024);
  if (memoryMib < LEAST_MEMORY_MIB)
    return `${name} has MemoryMax=${memoryMib}M, and httpd-guard may need 100 MiB before httpd starts; raise it to at least ${LEAST_MEMORY_MIB} MiB`;
  if (startTimeoutMs < LEAST_START_MS)
    return `${name} has ${startTimeoutMs / 1000} s to start (TimeoutStartSec=), and httpd-guard may need 5 s of them; raise it to at least 10 s`;
  if (stopTimeoutMs < LEAST_STOP_MS)
    return `${name} has ${stopTimeoutMs / 1000} s to stop (TimeoutStopSec=); raise it to at least 1 s`;
  return null;
}
