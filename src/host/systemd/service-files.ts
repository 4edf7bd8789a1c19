import { readdirSync } from 'node:fs';

/**
 * The unit files of services, by name, where systemd looks for them; templates are left out. The folders are read here:
 * systemd's own list (ListUnitFiles) says of each file whether it is enabled, and takes up to half a second for that.
 */
export function readServiceFiles(folders: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of folders)
    for (const name of namesIn(folder))
      if (name.endsWith('.service') && !name.includes('@.') && !files.has(name))
        files.set(name, `${folder}/${name}`);
  return files;
}

/** Most of the folders exist on few systems. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
