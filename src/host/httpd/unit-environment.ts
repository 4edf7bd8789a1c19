import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { matchesGlob } from '../../core/text/glob.ts';
import { parseEnvironment } from '../../core/httpd/launch.ts';
import { type UnitFacts, isStartedByRoot } from '../../core/units/unit-facts.ts';
import { whyPathUntrusted } from '../files/trusted-path.ts';

/** A unit's environment. Missing files are skipped, as systemd does for paths with a "-". */
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
 * Why root must not run anything with a unit's environment, as hooks with "+" do, or null. A user who can write one of its files
 * could have ld.so(8) load a library into a root process, and so could the unit's User= if the environment refers to one of
 * its folders.
 */
export function whyEnvironmentUntrusted(unit: UnitFacts): string | null {
  for (const pattern of unit.environmentFiles) {
    const parts = [isPattern(pattern) ? dirname(pattern) : pattern, ...filesOf(pattern)];
    const why = isPattern(dirname(pattern)) ? 'it has a pattern in a folder name' : firstDistrust(parts);
    if (why !== null)
      return `the environment of ${pattern} (EnvironmentFile=), but ${why}; change its owner to root`;
  }
  if (isStartedByRoot(unit)) return null;
  for (const [name, value] of unitEnvironment(unit)) {
    if (!LIBRARIES.test(name)) continue;
    // An empty part is the working directory; a name without a slash is searched in the system's folders (ld.so(8)).
    const paths = value.split(/[:; ]/).filter((path) => path.includes('/') || name === 'LD_LIBRARY_PATH');
    const why = paths.some((path) => !path.startsWith('/'))
      ? 'a part of it is a relative path'
      : firstDistrust(paths);
    if (why !== null) return `${name}=${value}, but ${why}; set it in a script that ExecStart= runs instead`;
  }
  return null;
}

const LIBRARIES = /^LD_(PRELOAD|LIBRARY_PATH|AUDIT)$/;

function firstDistrust(paths: readonly string[]): string | null {
  for (const path of paths) {
    const why = whyPathUntrusted(path);
    if (why !== null) return why;
  }
  return null;
}

/** The files of EnvironmentFile=, which may be a pattern (systemd.exec(5), glob(7)). A pattern in a folder name is not expanded. */
function filesOf(pattern: string): string[] {
  if (!isPattern(pattern)) return [pattern];
  const folder = dirname(pattern);
  try {
    return readdirSync(folder)
      .filter((file) => matchesGlob(basename(pattern), file))
      .sort()
      .map((file) => join(folder, file));
  } catch {
    return [];
  }
}

function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}
