import { baseName } from '../text/base-name.ts';
import { type KernelSem, kernelSemText } from './kernel-sem.ts';

// The files that systemd-sysctl reads at boot (sysctl.d(5); systemd: src/sysctl/sysctl.c).

/** The folders by precedence: of files with the same name only the one in the first folder is read. */
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

/** The files in the order in which they are applied: by name, whatever their folder. The last assignment of a key wins. */
export function inOrder(paths: readonly string[]): string[] {
  const byName = new Map<string, string>();
  const folderOf = (path: string): number => SYSCTL_FOLDERS.indexOf(path.slice(0, path.lastIndexOf('/')));
  for (const path of paths.toSorted((a, b) => folderOf(a) - folderOf(b))) {
    const name = baseName(path);
    if (name.endsWith('.conf') && !byName.has(name)) byName.set(name, path);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/**
 * The value that a file finally assigns to kernel.sem; "" if it excludes the key ("-kernel.sem"); null if it does not name it.
 * A pattern ("kernel.s*") is ignored, since any file that names the key overrides it.
 */
export function assignedSem(text: string): string | null {
  let assigned: string | null = null;
  for (const line of text.split('\n')) {
    const match = /^(-?)\s*kernel[./]sem\s*(?:=(.*))?$/.exec(line.trim());
    if (match === null) continue;
    const [, dash = '', value] = match;
    if (value !== undefined) assigned = value.trim().replace(/\s+/g, ' ');
    else if (dash === '-') assigned = '';
  }
  return assigned;
}

/** The last of the files (in order) that overrides ours with another value of kernel.sem; null if ours is effective. */
export function overridingFile(
  files: readonly SysctlFile[],
  value: KernelSem,
): { path: string; value: string } | null {
  const later = files.filter(({ path }) => baseName(path) > baseName(OWN_SYSCTL_FILE));
  const last = later.flatMap(({ path, text }) => {
    const assigned = assignedSem(text);
    return assigned === null ? [] : [{ path, value: assigned }];
  });
  const final = last.at(-1);
  return final === undefined || final.value === kernelSemText(value) ? null : final;
}

/** The text of our file. It depends on the value alone, so that writing it twice changes nothing. */
export function ownSysctlText(value: KernelSem): string {
  return `${MARK}. SEMMSL SEMMNS SEMOPM SEMMNI, see proc_sys_kernel(5).\nkernel.sem = ${kernelSemText(value)}\n`;
}

/** The first line in a file of our name that is neither a comment nor an assignment of kernel.sem and would be lost; null if there is none. */
export function foreignLine(text: string): string | null {
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line) && assignedSem(line) === null) ?? null
  );
}
