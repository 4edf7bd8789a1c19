import {
  type KernelSem,
  atLeast,
  isAtLeast,
  kernelSemText,
  parseKernelSem,
  raised,
} from '../core/limits/kernel-sem.ts';
import {
  OWN_SYSCTL_FILE,
  assignedSem,
  foreignLine,
  ownSysctlText,
  overridingFile,
} from '../core/limits/sysctl.ts';
import { errorReason } from '../host/files/error-reason.ts';
import { readDropIn } from '../host/systemd/unit-files.ts';
import { withLock } from '../host/state/lock.ts';
import { readKernelSem, readMostSets, writeKernelSem } from '../host/sysvipc/kernel-sem.ts';
import { readSysctlConf, readSysctlFiles, writeSysctlFile } from '../host/sysvipc/sysctl-files.ts';
import { isInFirstIpcNamespace } from '../host/proc/visibility.ts';
import { jsonText } from '../view/json-text.ts';
import { escape } from '../view/escape.ts';
import { type Raising, raisingJson, raisingText } from '../view/limits-raise.ts';
import { type CommonOptions, type CommandResult, isRoot, needsRoot } from './command-result.ts';

export interface RaiseOptions extends Pick<CommonOptions, 'json' | 'quiet'> {
  dryRun: boolean;
}

/** Raises SEMMNI now and for every boot. Idempotent. */
export async function raiseLimits(options: RaiseOptions, sets: number): Promise<CommandResult> {
  if (options.dryRun) return raiseNow(options, sets);
  if (!isRoot()) return needsRoot('limits --raise');
  const done = await withLock('install', () => raiseNow(options, sets));
  return done.ok ? done.value : refuse(done.why);
}

function raiseNow(options: RaiseOptions, sets: number): CommandResult {
  const { dryRun } = options;
  const now = readKernelSem();
  if (!now.known) return refuse(now.why);
  const needed = raised(now.value, sets, readMostSets());
  if (!needed.known) return refuse(needed.why);
  try {
    const before = readDropIn(OWN_SYSCTL_FILE);
    // Nor does the value for the next boot get lower.
    const requested = atLeast(needed.value, parseKernelSem(assignedSem(before ?? '') ?? ''));
    const text = ownSysctlText(requested);
    const foreign = before === null ? null : foreignLine(before);
    if (foreign !== null)
      return refuse(`${OWN_SYSCTL_FILE} also contains "${foreign.trim()}"; move that to another file first`);
    const applies = !isAtLeast(now.value, requested);
    const writes = before !== text;
    const backup = writes && before !== null ? `${OWN_SYSCTL_FILE}.bak-${stamp()}` : null;
    if (applies && !dryRun) {
      const applied = writeKernelSem(requested);
      if (!applied.ok) return refuse(applied.why);
    }
    if (writes && !dryRun)
      try {
        writeSysctlFile(OWN_SYSCTL_FILE, text, backup);
      } catch (error) {
        return refuse(
          `it is effective now, but not after a boot: ${OWN_SYSCTL_FILE} cannot be written: ${errorReason(error)}`,
        );
      }
    const raising: Raising = {
      dryRun,
      before: now.value,
      after: requested,
      file: OWN_SYSCTL_FILE,
      applies,
      writes,
      text,
      backup,
      warnings: warnings(requested),
    };
    const stdout = options.json ? jsonText(raisingJson(raising)) : raisingText(raising, options);
    return { stdout, stderr: '', exitCode: 0 };
  } catch (error) {
    return refuse(`${OWN_SYSCTL_FILE} cannot be read: ${errorReason(error)}`);
  }
}

/** Other settings that override this value, and where it does not apply. */
function warnings(value: KernelSem): string[] {
  const { files, unread } = readSysctlFiles();
  const winner = overridingFile(files, value);
  const conf = readSysctlConf();
  const inConf = conf === null ? null : assignedSem(conf.text);
  const first = isInFirstIpcNamespace();
  const counts =
    winner === null
      ? []
      : [
          `${winner.path} overrides it at boot, since it is read later and ${winner.value === '' ? 'excludes kernel.sem' : `sets kernel.sem = ${winner.value}`}: change it there`,
        ];
  // If a link in sysctl.d points to it, the warning above covers it.
  const byHand =
    conf !== null && inConf !== null && inConf !== '' && inConf !== kernelSemText(value) && winner === null
      ? [
          `${conf.path} sets kernel.sem = ${inConf}; systemd does not read it at boot, but sysctl --system and sysctl -p do`,
        ]
      : [];
  const elsewhere =
    first.known && !first.value
      ? [
          'this is not the IPC namespace of the host (a container?): the value applies only to this namespace and ends with it',
        ]
      : [];
  return [
    ...counts,
    ...byHand,
    ...unread.map((path) => `${path} cannot be read: it is unknown whether it sets kernel.sem at boot`),
    ...elsewhere,
  ];
}

/** A time as part of a file name, "20260301T120000Z". */
function stamp(): string {
  return new Date().toISOString().replace(/[-:]|\.\d+/g, '');
}

function refuse(why: string): CommandResult {
  return { stdout: '', stderr: `httpd-guard: not raised: ${escape(why)}\n`, exitCode: 1 };
}
