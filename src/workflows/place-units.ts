import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Done, done, notDone } from '../core/done.ts';
import { stopLimits } from '../core/units/stop-limits.ts';
import type { UnitFacts } from '../core/units/unit-facts.ts';
import { errorReason } from '../host/files/error-reason.ts';
import {
  METRICS_TIMER,
  METRICS_UNITS,
  OWN_UNITS,
  REQUEST_UNIT,
  WATCH_UNIT,
  dropInPath,
  fillUnit,
  ownUnitPath,
  readDropIn,
} from '../host/systemd/unit-files.ts';
import { removeDropIn } from '../host/systemd/remove-drop-in.ts';
import { systemctl } from '../host/systemd/systemctl.ts';
import { whyUntrusted } from '../host/files/trusted-path.ts';
import { verifyUnits } from '../host/systemd/verify-units.ts';
import { writeAtomically } from '../host/files/write-atomically.ts';

/** A unit file or drop-in: its new text and the current one, null if it does not exist. */
export interface UnitFile {
  path: string;
  text: string;
  before: string | null;
}

/** Whether it must be written. */
export function differs({ before, text }: UnitFile): boolean {
  return before !== text;
}

/**
 * The drop-in of a unit (first) and httpd-guard's own units; those for metrics only with a metrics file. Scripts and templates are
 * in the folder of the running bundle. Throws if root must not trust the programs it would run.
 */
export function unitFiles(
  { name: unit, stopTimeoutMs }: Pick<UnitFacts, 'name' | 'stopTimeoutMs'>,
  textfile: string | null,
): UnitFile[] {
  const lib = import.meta.dirname;
  const programs = ['gate', 'post-stop', 'run-node', 'httpd-guard.cjs', 'semaphore-tool.pl'].map((name) =>
    join(lib, name),
  );
  for (const path of [...programs, process.execPath]) {
    const why = whyUntrusted(path);
    if (why !== null)
      throw new Error(
        `root would run ${path} at each start, but ${why}; install httpd-guard with scripts/install.sh first`,
      );
  }
  const values = {
    lib,
    node: process.execPath,
    stopLimits: stopLimits(stopTimeoutMs),
    ...(textfile === null ? {} : { textfile }),
  };
  const file = (path: string, template: string): UnitFile => ({
    path,
    text: fillUnit(readFileSync(join(lib, template), 'utf8'), values),
    before: readDropIn(path),
  });
  return [
    file(dropInPath(unit), '50-httpd-guard.conf'),
    ...[...OWN_UNITS, ...(textfile === null ? [] : METRICS_UNITS)].map((name) =>
      file(ownUnitPath(name), name),
    ),
  ];
}

/** Errors about our files, as opposed to the vendor's unit. */
const OUR_FILES = /httpd-guard/;

/** not-valid: systemd would not take the files. Of these and of what was not-written nothing stays. */
export type PlacingCode = 'not-written' | 'not-valid' | 'not-started';

/**
 * Writes changed files, has systemd load them, and starts our units. Files that systemd rejects are restored. Idempotent.
 */
export async function placeUnits(unit: string, files: readonly UnitFile[]): Promise<Done<PlacingCode>> {
  const changed = files.filter(differs);
  const timers = files.map(({ path }) => basename(path)).filter((name) => name === METRICS_TIMER);
  for (const { path, text } of changed)
    try {
      writeAtomically(path, text, 'synced');
    } catch (error) {
      changed.forEach(restore);
      return notDone('not-written', `${path} cannot be written: ${errorReason(error)}`);
    }
  if (changed.length > 0) {
    const ownUnits = files.slice(1).map(({ path }) => basename(path));
    const verified = await verifyUnits([unit, ...ownUnits], OUR_FILES);
    if (!verified.ok) {
      changed.forEach(restore);
      return notDone('not-valid', `systemd rejected the units: ${verified.why}`);
    }
  }
  const started = await startWatching([REQUEST_UNIT, WATCH_UNIT, ...timers]);
  if (started.ok) return done;
  return notDone('not-started', `the files are written, but ${started.why}; run: systemctl daemon-reload`);
}

/** Restores the previous file, best effort. */
function restore({ path, before }: UnitFile): void {
  try {
    if (before === null) removeDropIn(path);
    else if (readDropIn(path) !== before) writeAtomically(path, before, 'synced');
  } catch {
    // The first error, which the caller reports, may make this fail as well.
  }
}

/**
 * Enables and restarts our units; enabling reloads the unit files (systemctl(1)). The watcher reads the guarded units at its
 * start. It is restarted even if nothing changed, since an install that was killed before this left an outdated watcher.
 */
async function startWatching(units: readonly string[]): Promise<Done<'failed'>> {
  const enabled = await systemctl('enable', ...units);
  return enabled.ok ? systemctl('restart', ...units) : enabled;
}
