import { readFileSync } from 'node:fs';
import type { UnitListing } from '../core/httpd/choose-unit.ts';
import { hasHttpdName, isHttpdName, startsHttpd } from '../core/httpd/identity.ts';
import type { Fact } from '../core/fact.ts';
import { known } from '../core/fact.ts';
import { listPids, readExecutable, readUnit } from '../host/proc/proc-files.ts';
import type { Systemd } from '../host/systemd/systemd.ts';

/** The services that are httpd's: by their names, by the program their file starts, or because an httpd runs in them now. */
export async function findHttpdUnits(systemd: Systemd): Promise<Fact<UnitListing[]>> {
  const services = await systemd.listServices();
  if (!services.known) return services;
  const running = await unitsOfRunningHttpd(systemd);
  return known(
    services.value.filter(
      ({ name, path }) => hasHttpdName(name) || running.has(name) || (path !== null && startsHttpdFile(path)),
    ),
  );
}

function startsHttpdFile(path: string): boolean {
  try {
    return startsHttpd(readFileSync(path, 'utf8'));
  } catch {
    // A masked one is a link to nothing, and a file may go while it is read: neither is found.
    return false;
  }
}

/**
 * Units whose main process is httpd: what a wrapper started. An httpd that runs in the unit of a container, of cron or of a
 * user's session is not what that unit is for. Only root can see what others' processes run; whoever else looks finds less.
 */
async function unitsOfRunningHttpd(systemd: Systemd): Promise<Set<string>> {
  const httpds = new Map<number, string>();
  for (const pid of listPids()) {
    try {
      const unit = isHttpdName(readExecutable(pid).path) ? readUnit(pid) : null;
      if (unit?.known === true) httpds.set(pid, unit.value);
    } catch {
      // Gone, a kernel thread, or not ours to see.
    }
  }
  const units = await Promise.all([...new Set(httpds.values())].map((name) => systemd.readUnit(name)));
  return new Set(
    units.flatMap((unit) => (unit.known && httpds.has(unit.value.mainPid) ? [unit.value.name] : [])),
  );
}
