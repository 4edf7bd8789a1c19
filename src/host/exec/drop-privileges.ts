/**
 * The words before a command that run it as one user without any capability (setpriv(1)). Who is not root is so already,
 * and may not even drop what there is.
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
