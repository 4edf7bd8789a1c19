import { type Stats, closeSync, constants, fstatSync, openSync } from 'node:fs';

/** Major number 1, minor number 3 (kernel: Documentation/admin-guide/devices.txt). */
const NULL_DEVICE = 0x103;

/**
 * Opens a file that another user may have created, passes it to `use`, and closes it. Does not wait for the writer of a pipe;
 * with `no links` follows no link, which a user who can write to the folder could point elsewhere. Throws the error of open(2),
 * and an error for anything but a regular file or /dev/null (a link to it means an empty file: sysctl.d(5)).
 */
export function useForeignFile<T>(
  path: string,
  links: 'no links' | 'links',
  use: (fd: number, stat: Stats) => T,
): T {
  const noFollow = links === 'no links' ? constants.O_NOFOLLOW : 0;
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() && stat.rdev !== NULL_DEVICE) throw new Error('it is not a regular file');
    return use(fd, stat);
  } finally {
    closeSync(fd);
  }
}
