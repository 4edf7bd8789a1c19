import { steadyMs } from '../../host/exec/steady-ms.ts';
import { dirname } from 'node:path';
import type { Disk } from '../../core/diagnosis/failure-facts.ts';
import { unknown } from '../../core/fact.ts';
import { mutexFolders } from '../../core/httpd/directives.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { writtenFiles } from '../../host/httpd/host-error-logs.ts';
import { readDirectives } from '../servers/read-directives.ts';
import { mountOf } from '../../core/diagnosis/causes/mount-of.ts';
import { readOwnMounts } from '../../host/proc/local-files.ts';
import { probeDisks } from '../../host/files/disk-probe.ts';

/** The probe of all folders takes no longer. */
const MOST_MS = 1_500;

/**
 * Tries the folders that httpd writes to when it starts, until `deadlineMs` on the clock of steadyMs. Folders that do not
 * exist are left out: `httpd -t` reports those.
 */
export async function probeStartDisks(
  unit: UnitFacts,
  settings: HttpdSettings,
  deadlineMs: number,
): Promise<Disk[]> {
  const places: [string | null, string][] = [
    [folderOf(settings.errorLog), 'ErrorLog'],
    [folderOf(settings.pidFile), 'PidFile'],
    [settings.mutexDir, 'file mutexes'],
    ...mutexFolders(readDirectives(unit, settings)).map((path): [string, string] => [path, 'file mutexes']),
    ['/dev/shm', 'POSIX shared memory and semaphores'],
    ...writtenFiles(settings, unit).map(({ path, directive }): [string, string] => [
      dirname(path),
      directive,
    ]),
    ['/tmp', 'temporary files'],
  ];
  const byPath = new Map<string, string>();
  for (const [path, what] of places) if (path !== null && !byPath.has(path)) byPath.set(path, what);
  const trials = await probeDisks([...byPath.keys()], Math.min(deadlineMs, steadyMs() + MOST_MS));
  const mounts = readOwnMounts();
  return [...byPath].flatMap(([path, what]) => {
    const trial = trials.get(path) ?? unknown('not tried');
    if (trial.known && trial.value.error === 'ENOENT') return [];
    const fileSystem = trial.known && trial.value.real !== null ? mountOf(mounts, trial.value.real) : null;
    return [{ path, what, fileSystem, trial }];
  });
}

/** A log may go to syslog or into a pipe as well. */
function folderOf(file: string | null): string | null {
  return file?.startsWith('/') === true ? dirname(file) : null;
}
