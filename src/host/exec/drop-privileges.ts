/**
 * The command prefix that runs a command as one user without capabilities (setpriv(1)). Empty if we are not root: an ordinary
 * user has no capabilities and may not drop the bounding set.
 */
export function dropPrivileges(uid: number): string[] {
  if (process.geteuid?.() !== 0) return [];
  return [
    'setpriv',
    `--reuid=${uid}`,
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
  ];
}
