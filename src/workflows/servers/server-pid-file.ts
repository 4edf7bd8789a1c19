import { type Fact, unknown } from '../../core/fact.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import { type PidFile, judgePidFile } from '../../core/verdict/pid-file.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import { isSameFile, realFolderPath } from '../../host/files/same-file.ts';
import { askHttpd } from '../../host/httpd/ask-httpd.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { readPidFile } from '../../host/httpd/pid-file.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';

/** Reads a server's pid file and judges its process. Null where httpd does not say where the file is. */
export function readServerPidFile(settings: Fact<HttpdSettings>, snapshot: Snapshot): Fact<PidFile> | null {
  const path = settings.known ? settings.value.pidFile : null;
  return path === null ? null : judgePidFile(path, readPidFile(path), snapshot);
}

/** PIDFile= of a unit that systemd waits for, if httpd writes another file; else null. */
export function awaitedPidFile({ type, pidFile }: UnitFacts, settings: Fact<HttpdSettings>): string | null {
  const own = settings.known ? settings.value.pidFile : null;
  if (type !== 'forking' || pidFile === null || own === null) return null;
  return realFolderPath(pidFile) === realFolderPath(own) ? null : pidFile;
}

/** Why `readServerPidFile` found none. */
export function noPidFile(settings: Fact<HttpdSettings>): Fact<never> {
  return settings.known ? unknown('httpd does not say where its pid file is') : settings;
}

/**
 * Whether a unit has a pid file of its own besides `path`, which names an httpd of it: then it does not need the one at `path`.
 * False if that is not known, as of a unit that starts a wrapper.
 */
export async function hasOtherPidFile(
  unitName: string,
  path: string,
  snapshot: Snapshot,
  systemd: SystemdSession,
): Promise<boolean> {
  const unit = await systemd.ask((open) => open.readUnit(unitName));
  if (!unit.known) return false;
  const { settings } = await askHttpd(unit.value, null, systemd.deadlineMs);
  const own = settings.known ? settings.value.pidFile : unit.value.pidFile;
  if (own === null || isSameFile(own, path)) return false;
  const pid = readPidFile(own);
  const named = pid.known ? snapshot.processes.find((one) => one.pid === pid.value) : undefined;
  return named?.unit.known === true && named.unit.value === unitName;
}
