import { escape } from './escape.ts';
import type { InstallJson } from './schemas/install.ts';
import type { Change } from './schemas/parts.ts';
import type { UninstallJson } from './schemas/uninstall.ts';

/** What `install` did, or with --dry-run would do. */
export interface Installation {
  unit: string;
  dryRun: boolean;
  did: readonly Change[];
  /** The lines of the files that would change, with --dry-run. */
  diff: readonly string[];
  undo: string;
  notes: readonly string[];
}

/** What `uninstall` did, or with --dry-run would do. */
export interface Uninstallation {
  units: readonly string[];
  dryRun: boolean;
  did: readonly Change[];
  notes: readonly string[];
}

export function installationText({ unit, dryRun, did, diff, undo, notes }: Installation): string {
  return linesText([
    ...(did.length === 0 ? ['nothing to change'] : []),
    ...(dryRun
      ? [...diff, ...did.filter(({ action }) => action === 'would-start').map(changeText)]
      : did.map(changeText)),
    ...notes,
    ...(dryRun ? [] : [`${unit} is guarded. To undo: ${undo}`]),
  ]);
}

export function installationJson({ unit, dryRun, did, undo, notes }: Installation): InstallJson {
  return { schema: 1, unit, dryRun, did: [...did], undo, notes: [...notes] };
}

export function uninstallationText({ did, notes }: Uninstallation): string {
  return linesText([...notes, ...did.map(changeText)]);
}

export function uninstallationJson({ units, dryRun, did, notes }: Uninstallation): UninstallJson {
  return { schema: 1, units: [...units], dryRun, did: [...did], notes: [...notes] };
}

const ACTION: Record<Change['action'], string> = {
  wrote: 'wrote',
  removed: 'removed',
  'would-write': 'would write',
  'would-remove': 'would remove',
  reloaded: 'reloaded systemd',
  started: 'started',
  'would-start': 'would start',
};

function changeText({ path, action }: Change): string {
  return path === null ? ACTION[action] : `${ACTION[action]} ${path}`;
}

function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${escape(line)}\n`).join('');
}
