import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseEnvironment } from '../../core/httpd/launch.ts';
import { type UnitFacts, isStartedByRoot } from '../../core/units/unit-facts.ts';
import { whyWayUntrusted } from '../files/trusted-path.ts';

/** A unit's environment; files that are missing are left out, as by systemd with a "-" before the path. */
export function unitEnvironment(unit: UnitFacts): Map<string, string> {
  const fromFiles = unit.environmentFiles.flatMap(filesOf).flatMap((path) => {
    try {
      return readFileSync(path, 'utf8').split('\n');
    } catch {
      return [];
    }
  });
  return parseEnvironment([...unit.environment, ...fromFiles]);
}

/**
 * Why root must not run anything with a unit's environment, as its hooks do with "+", or null. Who can write a file of it
 * could make ld.so(8) load a library of theirs; and where the unit has a user of its own, so could that user, if the
 * environment already leads to a folder of theirs.
 */
export function whyEnvironmentUntrusted(unit: UnitFacts): string | null {
  for (const pattern of unit.environmentFiles) {
    const parts = [isPattern(pattern) ? dirname(pattern) : pattern, ...filesOf(pattern)];
    const why = isPattern(dirname(pattern)) ? 'who can write it cannot be told' : firstDistrust(parts);
    if (why !== null) return `what stands in ${pattern} (EnvironmentFile=), but ${why}; give it to root`;
  }
  if (isStartedByRoot(unit)) return null;
  for (const [name, value] of unitEnvironment(unit)) {
    if (!LIBRARIES.test(name)) continue;
    // An empty word is the working directory; a library's name alone is looked for where root's are (ld.so(8)).
    const paths = value.split(/[:; ]/).filter((path) => path.includes('/') || name === 'LD_LIBRARY_PATH');
    const why = paths.some((path) => !path.startsWith('/')) ? 'part of it is relative' : firstDistrust(paths);
    if (why !== null) return `${name}=${value}, but ${why}; let a script set it that ExecStart= runs`;
  }
  return null;
}

const LIBRARIES = /^LD_(PRELOAD|LIBRARY_PATH|AUDIT)$/;

function firstDistrust(paths: readonly string[]): string | null {
  for (const path of paths) {
    const why = whyWayUntrusted(path);
    if (why !== null) return why;
  }
  return null;
}

/** What EnvironmentFile= names, which may be a pattern (systemd.exec(5), glob(7)); one in a folder's name is not followed. */
function filesOf(pattern: string): string[] {
  if (!isPattern(pattern)) return [pattern];
  const folder = dirname(pattern);
  const name = basename(pattern)
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
  try {
    const matches = new RegExp(`^${name}$`, 's');
    return readdirSync(folder)
      .filter((file) => matches.test(file))
      .sort()
      .map((file) => join(folder, file));
  } catch {
    return [];
  }
}

function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}
