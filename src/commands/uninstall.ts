import { existsSync } from 'node:fs';
import { counted } from '../core/text/counted.ts';
import { errorReason } from '../host/files/error-reason.ts';
import {
  METRICS_SERVICE,
  METRICS_TIMER,
  METRICS_UNITS,
  OWN_UNITS,
  REQUEST_UNIT,
  WATCH_UNIT,
  dropInPath,
  guardedUnits,
  isMasked,
  isOurs,
  ownUnitPath,
  readDropIn,
  textfileOf,
} from '../host/systemd/unit-files.ts';
import { removeDropIn } from '../host/systemd/remove-drop-in.ts';
import { forgetStartCommand } from '../host/httpd/start-command.ts';
import { LOCK_DIRECTORY, RUN_DIRECTORY, STATE_DIRECTORY } from '../host/state/paths.ts';
import { withLock } from '../host/state/lock.ts';
import { forgetActionCounts } from '../host/state/keep-action-counts.ts';
import { forgetSetsSeen } from '../host/state/sets-seen.ts';
import { forgetAttempts } from '../host/state/attempts.ts';
import { forgetSettings } from '../host/state/settings-cache.ts';
import { removeTextfile } from '../host/files/textfile.ts';
import { removeTree } from '../host/files/remove-tree.ts';
import { isSystemdRunning, systemctl } from '../host/systemd/systemctl.ts';
import { actOnSystemd } from '../host/systemd/systemd-actions.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import { escape } from '../view/escape.ts';
import { uninstallationJson, uninstallationText } from '../view/installation.ts';
import { jsonText } from '../view/json-text.ts';
import type { Change } from '../view/schemas/parts.ts';
import { type CommonOptions, type CommandResult, isRoot, needsRoot } from './command-result.ts';

export interface UninstallOptions extends Pick<CommonOptions, 'unit' | 'json' | 'quiet'> {
  dryRun: boolean;
}

const ASK_TIMEOUT_MS = 5_000;

/** Removes the hooks from a unit or from all guarded units, and with the last one everything that install wrote. */
export async function uninstall(options: UninstallOptions): Promise<CommandResult> {
  if (options.dryRun) return uninstallNow(options);
  if (!isRoot()) return needsRoot('uninstall');
  const done = await withLock('install', () => uninstallNow(options));
  return done.ok ? done.value : refuse(done.why);
}

async function uninstallNow(options: UninstallOptions): Promise<CommandResult> {
  const systemd = SystemdSession.within(ASK_TIMEOUT_MS);
  const units = options.unit === undefined ? guardedUnits() : [await guardedName(options.unit, systemd)];
  const { dryRun } = options;
  const did: Change[] = [];
  const notes: string[] = [];
  try {
    for (const unit of units) {
      const path = dropInPath(unit);
      const text = readDropIn(path);
      if (text !== null && !isOurs(text)) return refuse(`${path} was not written by httpd-guard`);
      if (text === null) notes.push(`${unit} is not guarded`);
      else did.push({ path, action: dryRun ? 'would-remove' : 'removed' });
      if (dryRun) continue;
      if (text !== null) removeDropIn(path);
      // Even for a unit that is no longer guarded, since an earlier uninstall may have been killed.
      for (const forgetOne of [
        forgetSettings,
        forgetStartCommand,
        forgetAttempts,
        forgetActionCounts,
        forgetSetsSeen,
      ])
        notes.push(
          ...complaintOf(() => {
            forgetOne(unit);
          }),
        );
    }
    if (units.length === 0) notes.push('no unit is guarded');
    const stopped = await stopWatching(units, dryRun);
    did.push(...stopped.did);
    notes.push(...stopped.notes);
    const hasRemoved = did.some(({ action }) => action === 'removed');
    if (!dryRun) {
      // Also if nothing was removed, since an earlier uninstall may have been killed before this.
      const reloaded = await actOnSystemd(systemd.within(ASK_TIMEOUT_MS), (actions) =>
        actions.daemonReload(),
      );
      if (!reloaded.ok && hasRemoved)
        return refuse(
          `${counted(did.length, 'file')} removed, but ${reloaded.why}; run: systemctl daemon-reload`,
        );
      if (hasRemoved) did.push({ path: null, action: 'reloaded' });
    }
  } catch (error) {
    return refuse(errorReason(error));
  }
  const uninstallation = { units, dryRun, did, notes };
  const text = options.quiet ? '' : uninstallationText(uninstallation);
  return {
    stdout: options.json ? jsonText(uninstallationJson(uninstallation)) : text,
    stderr: '',
    exitCode: 0,
  };
}

/** Removes httpd-guard's own units if no unit is guarded any more; else restarts the watcher with the remaining ones. */
async function stopWatching(
  gone: readonly string[],
  dryRun: boolean,
): Promise<{ did: Change[]; notes: string[] }> {
  const stay = guardedUnits().filter((unit) => !gone.includes(unit));
  const ours = [...OWN_UNITS, ...METRICS_UNITS].filter(
    (name) => isOurs(readDropIn(ownUnitPath(name))) && !isMasked(ownUnitPath(name)),
  );
  if (stay.length > 0) {
    if (!dryRun) await systemctl('try-restart', WATCH_UNIT);
    return { did: [], notes: [] };
  }
  const textfile = ours.includes(METRICS_SERVICE)
    ? textfileOf(readDropIn(ownUnitPath(METRICS_SERVICE)) ?? '')
    : null;
  // Metrics that are no longer updated would stay.
  const metrics = textfile !== null && existsSync(textfile) ? [textfile] : [];
  const paths = [...ours.map((name) => ownUnitPath(name)), ...metrics];
  if (dryRun) return { did: paths.map((path) => ({ path, action: 'would-remove' })), notes: [] };
  await stopUnits(ours);
  // systemd would keep the failed state of a removed unit. Fails for units that it does not know.
  for (const name of ours) await systemctl('reset-failed', name);
  for (const path of paths) if (path !== textfile) removeDropIn(path);
  if (textfile !== null) removeTextfile(textfile);
  // State files are removed with the last unit.
  const left = [RUN_DIRECTORY, STATE_DIRECTORY, LOCK_DIRECTORY].flatMap((path) =>
    complaintOf(() => {
      removeTree(path);
    }),
  );
  return { did: paths.map((path) => ({ path, action: 'removed' })), notes: left };
}

/** Throws if they cannot be stopped and disabled, while their files are there: so that the next uninstall does it again. */
async function stopUnits(ours: readonly string[]): Promise<void> {
  // Also those without a file: an uninstall of an earlier version that was killed left them running.
  if (ours.length === 0 || !isSystemdRunning()) {
    await systemctl('stop', ...OWN_UNITS, ...METRICS_UNITS);
    return;
  }
  const enabled = [REQUEST_UNIT, WATCH_UNIT, METRICS_TIMER].filter((name) => ours.includes(name));
  // A look under way would write the register again.
  for (const args of [...(enabled.length > 0 ? [['disable', ...enabled]] : []), ['stop', ...ours]]) {
    const did = await systemctl(...args);
    if (!did.ok) throw new Error(`${did.why}; run it again: httpd-guard uninstall`);
  }
}

/** Continues after an error, which is reported. */
function complaintOf(remove: () => void): string[] {
  try {
    remove();
    return [];
  } catch (error) {
    const { path = 'a state file' } = error as NodeJS.ErrnoException;
    return [`${path} cannot be removed: ${errorReason(error)}`];
  }
}

/** Resolves an alias to the unit with the drop-in (systemd.unit(5), Alias=). */
async function guardedName(unit: string, systemd: SystemdSession): Promise<string> {
  if (guardedUnits().includes(unit)) return unit;
  const facts = await systemd.ask((open) => open.readUnit(unit));
  return facts.known && facts.value.name !== '' ? facts.value.name : unit;
}

function refuse(why: string): CommandResult {
  return { stdout: '', stderr: `httpd-guard: not uninstalled: ${escape(why)}\n`, exitCode: 1 };
}
