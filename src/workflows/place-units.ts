import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Done, done, notDone } from '../core/done.ts';
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
import { jitlessOptions } from '../host/systemd/jitless-options.ts';
import { removeDropIn } from '../host/systemd/remove-drop-in.ts';
import { systemctl } from '../host/systemd/systemctl.ts';
import { whyUntrusted } from '../host/files/trusted-path.ts';
import { verifyUnits } from '../host/systemd/verify-units.ts';
import { writeAtomically } from '../host/files/write-atomically.ts';

/** A file that systemd reads: as it should be, and as it is, null where there is none. */
export interface UnitFile {
  path: string;
  text: string;
  before: string | null;
}

/** Whether it is to be written. */
export function differs({ before, text }: UnitFile): boolean {
  return before !== text;
}

/**
 * The drop-in of a unit, first, and the guard's own units; those for metrics only with a file to write them to. The scripts
 * and the templates lie beside the bundle that runs. Throws when root could not trust what it would run.
 */
export function unitFiles(unit: string, textfile: string | null): UnitFile[] {
  const lib = import.meta.dirname;
  const programs = ['gate', 'post-stop', 'httpd-guard.cjs', 'semaphore-tool.pl'].map((name) =>
    join(lib, name),
  );
  for (const path of [...programs, process.execPath]) {
    const why = whyUntrusted(path);
    if (why !== null)
      throw new Error(
        `root would run ${path} at each start, but ${why}; install the guard with scripts/install.sh first`,
      );
  }
  const jitless = jitlessOptions(process.execPath);
  const values = { lib, node: process.execPath, jitless, ...(textfile === null ? {} : { textfile }) };
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

/** Lines of a complaint that are about us, not about the vendor's unit. */
const OUR_FILES = /httpd-guard/;

/** not-valid: systemd would not take the files. Of these and of what was not-written nothing stays. */
export type PlacingCode = 'not-written' | 'not-valid' | 'not-started';

/**
 * Writes what differs, has systemd read it, and starts what stays. What systemd would not take is undone. Again is as good as once.
 */
export async function placeUnits(unit: string, files: readonly UnitFile[]): Promise<Done<PlacingCode>> {
  const changed = files.filter(differs);
  const timers = files.map(({ path }) => basename(path)).filter((name) => name === METRICS_TIMER);
  for (const { path, text } of changed)
    try {
      writeAtomically(path, text);
    } catch (error) {
      changed.forEach(restore);
      return notDone('not-written', `${path} cannot be written: ${errorReason(error)}`);
    }
  if (changed.length > 0) {
    const ownUnits = files.slice(1).map(({ path }) => basename(path));
    const complaint = await verifyUnits([unit, ...ownUnits], OUR_FILES);
    if (complaint !== null) {
      changed.forEach(restore);
      return notDone('not-valid', `systemd would not take it: ${complaint}`);
    }
  }
  const started = await startWatching([REQUEST_UNIT, WATCH_UNIT, ...timers]);
  if (started.ok) return done;
  return notDone('not-started', `the files are written, but ${started.why}; run: systemctl daemon-reload`);
}

/** As far as it can be. */
function restore({ path, before }: UnitFile): void {
  try {
    if (before === null) removeDropIn(path);
    else if (readDropIn(path) !== before) writeAtomically(path, before);
  } catch {
    // What made it fail may make this fail too; that it failed is told.
  }
}

/**
 * Enabling has systemd read its units anew (systemctl(1)). The watcher learns at its start which units there are; it is
 * started anew also where nothing changed: who was killed between writing and this left one that knows nothing of it.
 */
async function startWatching(units: readonly string[]): Promise<Done<'failed'>> {
  const enabled = await systemctl('enable', ...units);
  return enabled.ok ? systemctl('restart', ...units) : enabled;
}
