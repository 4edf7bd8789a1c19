import { type Fact, unknown } from '../../core/fact.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import { type PidFile, judgePidFile } from '../../core/verdict/pid-file.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import { readPidFile } from '../../host/httpd/pid-file.ts';

/** Reads a server's pid file and judges its process. Null where httpd does not say where the file is. */
export function readServerPidFile(settings: Fact<HttpdSettings>, snapshot: Snapshot): Fact<PidFile> | null {
  const path = settings.known ? settings.value.pidFile : null;
  return path === null ? null : judgePidFile(path, readPidFile(path), snapshot);
}

/** Why `readServerPidFile` found none. */
export function noPidFile(settings: Fact<HttpdSettings>): Fact<never> {
  return settings.known ? unknown('httpd does not say where its pid file is') : settings;
}
