import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import { errorReason } from '../files/error-reason.ts';
import { CONFIGURATION_FILE } from '../config/configuration-file.ts';
import { STATE_DIRECTORY, statePath } from './paths.ts';

/** httpd's last valid answer, for when httpd cannot answer, and for the gate, which needs the uids of its sets. */
export interface CachedSettings {
  settings: HttpdSettings;
  starterUid: number;
  /** The file that sets the user, which httpd does not report, or which overrides it; null if the user is httpd's answer. */
  userFrom: string | null;
}

export const FIRST_LINE = 'httpd-guard 2';

/** Settings that are missing in an answer which an older version cached. */
const LATER_SETTINGS = {
  gid: null,
  includedFiles: [],
  serverRoot: null,
} as const satisfies Partial<HttpdSettings>;

/** The file with a unit's answer. */
export function cachedSettingsPath(unit: string, directory = STATE_DIRECTORY): string {
  return statePath(directory, unit, '');
}

/**
 * Reads the last valid answer. `fresh` is false if one of the configuration files it came from is newer or missing, or if
 * httpd-guard's own configuration is newer, which may set another user, or is missing although it set this one. `ageMs` is its
 * age by the wall clock. Any other format is unknown.
 */
export function readCachedSettings(
  unit: string,
  directory = STATE_DIRECTORY,
): Fact<CachedSettings & { fresh: boolean; ageMs: number }> {
  const path = cachedSettingsPath(unit, directory);
  try {
    const writtenMs = statSync(path).mtimeMs;
    const text = readFileSync(path, 'utf8');
    const json = /^json (.*)$/m.exec(text)?.[1];
    if (!text.startsWith(`${FIRST_LINE}\n`) || json === undefined)
      return unknown(`${path} has an unknown format`);
    const cached = JSON.parse(json) as Omit<CachedSettings, 'userFrom'> & Partial<CachedSettings>;
    const { settings, starterUid, userFrom = null } = cached;
    if (![settings.uid, starterUid].every(isUid)) return unknown(`${path} contains no valid uid`);
    return known({
      settings: { ...LATER_SETTINGS, ...settings },
      starterUid,
      userFrom,
      ageMs: Date.now() - writtenMs,
      fresh:
        settings.configFiles.every((file) => isOlder(file, writtenMs)) &&
        (userFrom === null || existsSync(userFrom)) &&
        (!existsSync(CONFIGURATION_FILE) || isOlder(CONFIGURATION_FILE, writtenMs)),
    });
  } catch (error) {
    return unknown(`the last valid answer of httpd cannot be read from ${path}: ${errorReason(error)}`);
  }
}

/** Units with a cached answer, in alphabetical order. */
export function cachedUnits(directory = STATE_DIRECTORY): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.service'))
      .sort();
  } catch {
    return [];
  }
}

function isUid(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isOlder(file: string, thanMs: number): boolean {
  try {
    return statSync(file).mtimeMs <= thanMs;
  } catch {
    return false;
  }
}
