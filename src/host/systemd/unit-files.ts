import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';

const MARK = '# Written by "httpd-guard install"';
const ADMINS_UNITS = '/etc/systemd/system';

export const WATCH_UNIT = 'httpd-guard-watch.service';
export const REQUEST_UNIT = 'httpd-guard-recover.path';
/** The units of the guard itself. */
export const OWN_UNITS = [WATCH_UNIT, REQUEST_UNIT, 'httpd-guard-recover.service'];
export const METRICS_TIMER = 'httpd-guard-metrics.timer';
export const METRICS_SERVICE = 'httpd-guard-metrics.service';
/** Those of them that are only where node_exporter is. */
export const METRICS_UNITS = [METRICS_SERVICE, METRICS_TIMER];

export function ownUnitPath(name: string, root = ADMINS_UNITS): string {
  return `${root}/${name}`;
}

/** Where the admin's own settings of a unit go (systemd.unit(5)). */
export function dropInPath(unit: string, root = ADMINS_UNITS): string {
  return `${root}/${unit}.d/50-httpd-guard.conf`;
}

/** The text of a unit file of ours. "%" begins a specifier in unit files, and blanks end a word: paths with those are refused. */
export function fillUnit(
  template: string,
  { lib, node, textfile = '', jitless }: { lib: string; node: string; textfile?: string; jitless: string },
): string {
  for (const path of [lib, node, textfile])
    if (!/^[\w./+@:,-]*$/.test(path))
      throw new Error(
        `${path} cannot stand in a unit file: it has blanks or signs that systemd takes for its own`,
      );
  return template
    .replaceAll('@LIB@', lib)
    .replaceAll('@NODE@', node)
    .replaceAll('@JITLESS@', jitless)
    .replaceAll('@TEXTFILE@', textfile)
    .replaceAll('@TEXTFILE_DIRECTORY@', dirname(textfile));
}

/** The file of metrics that a filled METRICS_SERVICE writes, or null where it writes none. */
export function textfileOf(unitText: string): string | null {
  return /^ExecStart=.* --output (\/\S+)$/m.exec(unitText)?.[1] ?? null;
}

/** The units that have a drop-in of ours, in alphabetical order. */
export function guardedUnits(root = ADMINS_UNITS): string[] {
  if (!existsSync(root)) return [];
  const units = readdirSync(root)
    .filter((name) => name.endsWith('.service.d'))
    .map((name) => name.slice(0, -'.d'.length));
  return units.filter((unit) => isOurs(readDropIn(dropInPath(unit, root)) ?? '')).sort();
}

/** The text of a drop-in, or null when there is none. */
export function readDropIn(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether a drop-in is one of ours, which alone we replace and remove. */
export function isOurs(text: string): boolean {
  return text.startsWith(MARK);
}
