import { existsSync, readdirSync } from 'node:fs';
import { isMasked } from './unit-files.ts';

/**
 * The unit files of services by name, without templates. The folders are read here, since systemd's ListUnitFiles also determines
 * whether each file is enabled, which takes up to half a second.
 */
export function readServiceFiles(folders: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of folders)
    for (const name of namesIn(folder))
      if (name.endsWith('.service') && !name.includes('@.') && !files.has(name))
        files.set(name, `${folder}/${name}`);
  return files;
}

/** Whether a service, or the template of an instance, has a unit file in any of these folders; a mask is none. */
export function hasServiceFile(folders: readonly string[], name: string): boolean {
  const names = [name, name.replace(/@.*(?=\.service$)/, '@')];
  return folders.some((folder) =>
    names.some((one) => existsSync(`${folder}/${one}`) && !isMasked(`${folder}/${one}`)),
  );
}

/** The names in a folder; none if it does not exist, as most of the folders. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
