/**
 * The command prefix that runs a command as one user without capabilities (setpriv(1)). Empty if we are not root: an ordinary
 * user has no capabilities and may not change the secure bits.
 *
 * Secure bits, because "-all" fails if the kernel has capabilities that setpriv's libcap-ng does not know (util-linux:
 * sys-utils/setpriv.c, do_caps()), as on Ubuntu 20.04 with a kernel from 5.8 on. With "noroot" a program that root
 * executes gets no capabilities (capabilities(7)) but ambient ones; these two, the only ones that the kernel asks for (ipc/util.c),
 * are ambient no more once they are not inheritable.
 */
export function dropPrivileges(uid: number): string[] {
  if (process.geteuid?.() !== 0) return [];
  return [
    'setpriv',
    `--reuid=${uid}`,
    '--clear-groups',
    '--securebits=+noroot,+noroot_locked',
    '--inh-caps=-sys_admin,-ipc_owner',
    '--bounding-set=-sys_admin,-ipc_owner',
    '--no-new-privs',
  ];
}
