import { type KernelSem, kernelSemText } from './kernel-sem.ts';

// How systemd-sysctl reads its files at boot (sysctl.d(5); systemd: src/sysctl/sysctl.c).

/** The folders, the one that counts most first: of files of one name only that in the first of them is read. */
export const SYSCTL_FOLDERS = [
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/local/lib/sysctl.d',
  '/usr/lib/sysctl.d',
  '/lib/sysctl.d',
];
export const OWN_SYSCTL_FILE = '/etc/sysctl.d/60-httpd-guard.conf';
const MARK = '# Written by "httpd-guard limits --raise"';

export interface SysctlFile {
  path: string;
  text: string;
}

/** The files in the order in which they are applied: by their name, wherever they lie. The last assignment of a key counts. */
export function inOrder(paths: readonly string[]): string[] {
  const byName = new Map<string, string>();
  const folderOf = (path: string): number => SYSCTL_FOLDERS.indexOf(path.slice(0, path.lastIndexOf('/')));
  for (const path of paths.toSorted((a, b) => folderOf(a) - folderOf(b))) {
    const name = nameOf(path);
    if (name.endsWith('.conf') && !byName.has(name)) byName.set(name, path);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/**
 * What a file sets kernel.sem to at its end: a value; "" where it says that the key is left alone ("-kernel.sem"); null
 * where it says nothing. A pattern that would match ("kernel.s*") gives way to any file that names the key.
 */
export function assignedSem(text: string): string | null {
  let assigned: string | null = null;
  for (const line of text.split('\n')) {
    const match = /^\s*(-?)\s*kernel[./]sem\s*(?:=(.*))?$/.exec(line);
    if (match === null) continue;
    const [, dash = '', value] = match;
    if (value !== undefined) assigned = value.trim().replace(/\s+/g, ' ');
    else if (dash === '-') assigned = '';
  }
  return assigned;
}

/** Of files in their order, the one that is read after ours and says something else of kernel.sem; null where ours counts. */
export function winnerOver(
  files: readonly SysctlFile[],
  value: KernelSem,
): { path: string; value: string } | null {
  const later = files.filter(({ path }) => nameOf(path) > nameOf(OWN_SYSCTL_FILE));
  const last = later.flatMap(({ path, text }) => {
    const assigned = assignedSem(text);
    return assigned === null ? [] : [{ path, value: assigned }];
  });
  const winner = last.at(-1);
  return winner === undefined || winner.value === kernelSemText(value) ? null : winner;
}

/** The text of our file. The same for the same value, so that again is as good as once. */
export function ownSysctlText(value: KernelSem): string {
  return `${MARK}. SEMMSL SEMMNS SEMOPM SEMMNI, see proc_sys_kernel(5).\nkernel.sem = ${kernelSemText(value)}\n`;
}

/** The first line in a file of our name that is neither a comment nor of kernel.sem, and would be lost; null when there is none. */
export function foreignLine(text: string): string | null {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line) && assignedSem(line) === null) ?? null
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
