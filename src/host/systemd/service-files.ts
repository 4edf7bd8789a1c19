import { readdirSync } from 'node:fs';

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

/** The names in a folder; none if it does not exist, as most of the folders. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
