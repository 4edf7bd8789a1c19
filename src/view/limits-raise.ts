import { type KernelSem, kernelSemText } from '../core/limits/kernel-sem.ts';
import { escape } from './escape.ts';
import type { LimitsRaiseJson } from './schemas/limits-raise.ts';

/** What `limits --raise` did, or would do. */
export interface Raising {
  dryRun: boolean;
  before: KernelSem;
  after: KernelSem;
  file: string;
  /** Whether kernel.sem changes. */
  applies: boolean;
  /** Whether the file changes. */
  writes: boolean;
  text: string;
  /** Where the previous content of the file is kept; null if there was none or it stays. */
  backup: string | null;
  /** Other settings that override this one, now or at boot. */
  warnings: readonly string[];
}

export function raisingText(raising: Raising, { quiet }: { quiet: boolean }): string {
  const { dryRun, before, after, file, applies, writes, backup, text, warnings } = raising;
  const would = dryRun ? 'would ' : '';
  const lines: string[] = [];
  if (applies)
    lines.push(
      `${would}set kernel.sem = ${kernelSemText(after)}; it ${dryRun ? 'is' : 'was'} ${kernelSemText(before)}`,
    );
  if (writes && backup !== null) lines.push(`${would}keep the previous ${file} as ${backup}`);
  if (writes) lines.push(`${dryRun ? 'would write' : 'wrote'} ${file}${dryRun ? ':' : ''}`);
  if (writes && dryRun)
    lines.push(
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    );
  if (!applies && !writes) lines.push('nothing to change');
  const undo = undoLine(raising);
  if (undo !== null && !dryRun) lines.push(`to undo: ${undo}`);
  const shown = [...(quiet ? [] : lines), ...warnings.map((warning) => `warning: ${warning}`)];
  return shown.map((line) => `${escape(line)}\n`).join('');
}

/** The object of `limits --raise --json` (documented in httpd-guard(8)). */
export function raisingJson(raising: Raising): LimitsRaiseJson {
  const { dryRun, before, after, file, applies, writes, backup, warnings } = raising;
  return {
    schema: 1,
    dryRun,
    before,
    after,
    applies,
    file,
    writes,
    backup,
    undo: undoLine(raising),
    warnings: [...warnings],
  };
}

/** One line of sh; null if nothing changes. */
function undoLine({ before, file, applies, writes, backup }: Raising): string | null {
  const steps = [
    ...(writes ? [backup === null ? `rm ${file}` : `mv ${backup} ${file}`] : []),
    ...(applies ? [`echo '${kernelSemText(before)}' >/proc/sys/kernel/sem`] : []),
  ];
  return steps.length === 0 ? null : steps.join(' && ');
}
