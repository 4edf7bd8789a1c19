import type { Cause } from '../cause.ts';
import type { CauseRule } from '../finding.ts';

/** Causes that the line of another failure contradicts, as when the disk is still full. */
const WEAK: ReadonlySet<Cause> = new Set([
  'disk-full',
  'inodes-full',
  'quota-exceeded',
  'shm-full',
  'port-held-by-other',
]);

/** Causes that may have passed since the run ended: the port is free again, the file was removed. */
const PASSING: ReadonlySet<Cause> = new Set([
  'disk-full',
  'inodes-full',
  'quota-exceeded',
  'shm-full',
  'port-held-by-orphans',
  'port-held-by-other',
  'config-error',
  'stale-pid-file',
]);

/** What ExecStopPost= found when the run ended, by facts of the kernel and systemd, if nothing is wrong any more. */
export const recordedCause: CauseRule = (_, { ending }) =>
  ending === null || !PASSING.has(ending.cause)
    ? null
    : {
        cause: ending.cause,
        isOver: true,
        ...(WEAK.has(ending.cause) ? { weak: true } : {}),
        evidence: [
          {
            rule: 'state',
            saw: 'found when the run ended, and no longer there',
            source: 'httpd-guard post-stop',
          },
        ],
      };
