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

/** Raises SEMMNI at once and for every boot. Again is as good as once. */
export async function raiseLimits(options: RaiseOptions, sets: number): Promise<CommandResult> {
  if (options.dryRun) return raiseNow(options, sets);
  if (!isRoot()) return needsRoot('limits --raise');
  const done = await withLock(() => raiseNow(options, sets));
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
    // Nor is what the next boot would have had.
    const wished = atLeast(needed.value, parseKernelSem(assignedSem(before ?? '') ?? ''));
    const text = ownSysctlText(wished);
    const foreign = before === null ? null : foreignLine(before);
    if (foreign !== null)
      return refuse(`${OWN_SYSCTL_FILE} also holds "${foreign.trim()}"; move that to another file first`);
    const applies = !isAtLeast(now.value, wished);
    const writes = before !== text;
    const backup = writes && before !== null ? `${OWN_SYSCTL_FILE}.bak-${stamp()}` : null;
    if (applies && !dryRun) {
      const applied = writeKernelSem(wished);
      if (!applied.ok) return refuse(applied.why);
    }
    if (writes && !dryRun)
      try {
        writeSysctlFile(OWN_SYSCTL_FILE, text, backup);
      } catch (error) {
        return refuse(
          `it counts now, but not after a boot: ${OWN_SYSCTL_FILE} cannot be written: ${errorReason(error)}`,
        );
      }
    const raising: Raising = {
      dryRun,
      before: now.value,
      after: wished,
      file: OWN_SYSCTL_FILE,
      applies,
      writes,
      text,
      backup,
      warnings: warnings(wished),
    };
    const stdout = options.json ? jsonText(raisingJson(raising)) : raisingText(raising, options);
    return { stdout, stderr: '', exitCode: 0 };
  } catch (error) {
    return refuse(`${OWN_SYSCTL_FILE} cannot be read: ${errorReason(error)}`);
  }
}

/** What else has a say in kernel.sem, and where this value does not reach. */
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
          `at boot ${winner.path} counts, which is read later and ${winner.value === '' ? 'leaves kernel.sem alone' : `sets kernel.sem = ${winner.value}`}: change it there`,
        ];
  // Where a link of sysctl.d leads to it, that is what counts at boot, and is told already.
  const byHand =
    conf !== null && inConf !== null && inConf !== '' && inConf !== kernelSemText(value) && winner === null
      ? [
          `${conf.path} sets kernel.sem = ${inConf}: systemd does not read it at boot, but sysctl --system and sysctl -p do`,
        ]
      : [];
  const elsewhere =
    first.known && !first.value
      ? [
          'this is not the machine’s first IPC namespace (a container?): the value is that of this namespace alone, and ends with it',
        ]
      : [];
  return [
    ...counts,
    ...byHand,
    ...unread.map((path) => `${path} cannot be read: whether it sets kernel.sem at boot is not known`),
    ...elsewhere,
  ];
}

/** As part of a file's name: 20260301T120000Z. */
function stamp(): string {
  return new Date().toISOString().replace(/[-:]|\.\d+/g, '');
}

function refuse(why: string): CommandResult {
  return { stdout: '', stderr: `httpd-guard: not raised: ${escape(why)}\n`, exitCode: 1 };
}
