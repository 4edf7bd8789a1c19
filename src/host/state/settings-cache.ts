import { rmSync } from 'node:fs';
import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from '../files/error-reason.ts';
import { CONFIGURATION_FILE } from '../config/configuration-file.ts';
import { STATE_DIRECTORY } from './paths.ts';
import { type CachedSettings, FIRST_LINE, cachedSettingsPath } from './read-cached-settings.ts';
import { writeAtomically } from '../files/write-atomically.ts';

/** Writes an answer atomically. Failing is no error for the caller: httpd is asked again next time. */
export function cacheSettings(
  unit: string,
  remembered: CachedSettings,
  directory = STATE_DIRECTORY,
): Done<'not-written'> {
  const path = cachedSettingsPath(unit, directory);
  const { settings, starterUid, userFrom } = remembered;
  // The gate reads the lines before "json" with sh: a newline in a file name would forge one.
  const watched = settings.configFiles.filter((file) => !file.includes('\n'));
  const lines = [
    FIRST_LINE,
    `uid ${settings.uid}`,
    `cuid ${starterUid}`,
    ...[...watched, CONFIGURATION_FILE].map((file) => `newer ${file}`),
    ...(userFrom === null ? [] : [`needs ${userFrom}`]),
    `json ${JSON.stringify(remembered)}`,
  ];
  try {
    writeAtomically(path, `${lines.join('\n')}\n`, 'unsynced');
    return done;
  } catch (error) {
    return notDone('not-written', `${path} cannot be written: ${errorReason(error)}`);
  }
}

export function forgetSettings(unit: string, directory = STATE_DIRECTORY): void {
  rmSync(cachedSettingsPath(unit, directory), { force: true });
}
