import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';

const MARK = '# Written by "httpd-guard install"';
const ADMINS_UNITS = '/etc/systemd/system';

export const WATCH_UNIT = 'httpd-guard-watch.service';
export const REQUEST_UNIT = 'httpd-guard-recover.path';
/** httpd-guard's own units. */
export const OWN_UNITS = [WATCH_UNIT, REQUEST_UNIT, 'httpd-guard-recover.service'];
export const METRICS_TIMER = 'httpd-guard-metrics.timer';
export const METRICS_SERVICE = 'httpd-guard-metrics.service';
/** Those that are installed only if node_exporter is. */
export const METRICS_UNITS = [METRICS_SERVICE, METRICS_TIMER];

export function ownUnitPath(name: string, root = ADMINS_UNITS): string {
  return `${root}/${name}`;
}

/** The drop-in of a unit in the admin's folder (systemd.unit(5)). */
export function dropInPath(unit: string, root = ADMINS_UNITS): string {
  return `${root}/${unit}.d/50-httpd-guard.conf`;
}

/** Fills in a template of our unit files. Throws for paths with spaces or characters that are special in unit files, such as "%". */
export function fillUnit(
  template: string,
  {
    lib,
    node,
    textfile = '',
    stopLimits = [],
  }: { lib: string; node: string; textfile?: string; stopLimits?: readonly number[] },
): string {
  for (const path of [lib, node, textfile])
    if (!/^[\w./+@:,-]*$/.test(path))
      throw new Error(`${path} cannot be used in a unit file: it has spaces or special characters`);
  return template
    .replaceAll('@LIB@', lib)
    .replaceAll('@NODE@', node)
    .replaceAll('@STOP_LIMITS@', stopLimits.map((limit) => ` ${limit}`).join(''))
    .replaceAll('@TEXTFILE@', textfile)
    .replaceAll('@TEXTFILE_DIRECTORY@', dirname(textfile));
}

/** The metrics file that an installed METRICS_SERVICE writes; null if it writes none. */
export function textfileOf(unitText: string): string | null {
  return /^ExecStart=.* --output (\/\S+)$/m.exec(unitText)?.[1] ?? null;
}

/** The units with our drop-in, in alphabetical order. */
export function guardedUnits(root = ADMINS_UNITS): string[] {
  if (!existsSync(root)) return [];
  const units = readdirSync(root)
    .filter((name) => name.endsWith('.service.d'))
    .map((name) => name.slice(0, -'.d'.length));
  return units
    .filter((unit) => isOurs(readDropIn(dropInPath(unit, root))) && !isMasked(dropInPath(unit, root)))
    .sort();
}

/** The text of a drop-in; null if it does not exist. */
export function readDropIn(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The text of a drop-in of somebody else; "" if it does not exist or this user may not read it. */
export function readIfAllowed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The folder of the copy and the Node that a unit file or drop-in of ours runs; null if it names none. */
export function programsOf(text: string): { lib: string; node: string } | null {
  const [, lib, node] = /^Exec\w+=\S*\/bin\/sh (\S+)\/(?:gate|run-node) (\S+) /m.exec(text) ?? [];
  return lib === undefined || node === undefined ? null : { lib, node };
}

/** Whether a unit file is masked (systemctl(1), mask). */
export function isMasked(path: string): boolean {
  try {
    return readlinkSync(path) === '/dev/null';
  } catch {
    return false;
  }
}

/**
 * Whether httpd-guard wrote a file at one of its own paths; only those are replaced and removed. An empty or torn one is what a
 * crash leaves of it.
 */
export function isOurs(text: string | null): boolean {
  if (text === null) return false;
  return text.startsWith(MARK) || MARK.startsWith(text.replaceAll('\0', '').trimEnd());
}
