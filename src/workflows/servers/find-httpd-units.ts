import { readFileSync } from 'node:fs';
import type { UnitListing } from '../../core/httpd/choose-unit.ts';
import { hasHttpdName, isHttpdName, startsHttpd } from '../../core/httpd/identity.ts';
import { type Fact, known } from '../../core/fact.ts';
import { listPids, readExecutable, readUnit } from '../../host/proc/proc-files.ts';
import { readServiceFiles } from '../../host/systemd/service-files.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';

/** The services of httpd: by name, by the program in their unit file, or because httpd is their main process. */
export async function findHttpdUnits(session: SystemdSession): Promise<Fact<UnitListing[]>> {
  const [loaded, folders, running] = await Promise.all([
    session.ask((systemd) => systemd.listServices()),
    session.ask((systemd) => systemd.unitPath()),
    unitsOfRunningHttpd(session),
  ]);
  if (!loaded.known) return loaded;
  if (!folders.known) return folders;
  const files = readServiceFiles(folders.value);
  const services = new Map(
    [...files.keys()].map((name): [string, UnitListing] => [name, { name, active: 'inactive' }]),
  );
  for (const service of loaded.value) if (!service.name.includes('@.')) services.set(service.name, service);
  return known(
    [...services.values()].filter(({ name }) => {
      const path = files.get(name);
      return hasHttpdName(name) || running.has(name) || (path !== undefined && startsHttpdFile(path));
    }),
  );
}

function startsHttpdFile(path: string): boolean {
  try {
    return startsHttpd(readFileSync(path, 'utf8'));
  } catch {
    // A masked unit is a dangling link, and a file may be removed while it is read.
    return false;
  }
}

/**
 * Units whose main process is httpd, as if started by a wrapper. An httpd elsewhere in the unit of a container, of cron or of a
 * user's session is not the purpose of that unit. Without root, other users' processes are not found.
 */
async function unitsOfRunningHttpd(session: SystemdSession): Promise<Set<string>> {
  const httpds = new Map<number, string>();
  for (const pid of listPids()) {
    try {
      const unit = isHttpdName(readExecutable(pid).path) ? readUnit(pid) : null;
      if (unit?.known === true) httpds.set(pid, unit.value);
    } catch {
      // It has exited, is a kernel thread, or must not be read.
    }
  }
  const found = await Promise.all(
    [...new Set(httpds.values())].map(async (name) => {
      const pid = await session.ask(async (systemd) => known(await systemd.mainPid(name)));
      return pid.known && httpds.has(pid.value) ? [name] : [];
    }),
  );
  return new Set(found.flat());
}
