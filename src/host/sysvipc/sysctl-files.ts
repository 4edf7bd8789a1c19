import { readFileSync, readdirSync } from 'node:fs';
import { SYSCTL_FOLDERS, type SysctlFile, inOrder } from '../../core/limits/sysctl.ts';
import { useForeignFile } from '../files/foreign-file.ts';
import { writeAtomically } from '../files/write-atomically.ts';

const SYSCTL_CONF = '/etc/sysctl.conf';

/** The files that are applied at boot, in their order, and the paths of those that could not be read. */
export function readSysctlFiles(root = ''): { files: SysctlFile[]; unread: string[] } {
  const paths = SYSCTL_FOLDERS.flatMap((folder) => list(root + folder).map((name) => `${folder}/${name}`));
  const files: SysctlFile[] = [];
  const unread: string[] = [];
  for (const path of inOrder(paths)) {
    const text = readOrNull(root + path);
    if (text === null) unread.push(path);
    else files.push({ path, text });
  }
  return { files, unread };
}

/** /etc/sysctl.conf, which sysctl(8) applies last and systemd ignores, unless a file of sysctl.d links to it; null if it cannot be read. */
export function readSysctlConf(root = ''): SysctlFile | null {
  const text = readOrNull(root + SYSCTL_CONF);
  return text === null ? null : { path: SYSCTL_CONF, text };
}

/**
 * Writes a file of sysctl.d atomically. `backup` is the path for its previous content, under a name that sysctl does not read;
 * null if there was no file. Throws the system's error.
 */
export function writeSysctlFile(path: string, text: string, backup: string | null): void {
  if (backup !== null) writeAtomically(backup, readFileSync(path, 'utf8'), 'synced');
  writeAtomically(path, text, 'synced');
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readOrNull(path: string): string | null {
  try {
    return useForeignFile(path, 'links', (fd) => readFileSync(fd, 'utf8'));
  } catch {
    return null;
  }
}
