import { readFileSync } from 'node:fs';

/**
 * File systems whose reads depend on nothing but this machine. A read from any other may wait for a server or for a process
 * of any user (fuse(4), nfs(5)), and no signal ends that wait.
 */
const LOCAL =
  /^(ext[234]|xfs|btrfs|zfs|bcachefs|f2fs|jfs|nilfs2|reiserfs|overlay|aufs|tmpfs|devtmpfs|ramfs|rootfs|squashfs|erofs|cramfs|vfat|exfat|ntfs3|iso9660|udf)$/;

let ownMounts: string | null = null;

/** Whether a device ("MAJOR:MINOR") holds a local file system, by the mounts that this process or else process `pid` sees. */
export function isLocal(device: string, pid: number): boolean {
  ownMounts ??= readMounts('self');
  const type = typeOfDevice(ownMounts, device) ?? typeOfDevice(readMounts(pid), device);
  return type !== null && LOCAL.test(type);
}

/** The mounts that this process sees, as in /proc/self/mountinfo; empty where that cannot be read. */
export function readOwnMounts(): string {
  return Buffer.from(readMounts('self'), 'latin1').toString('utf8');
}

function readMounts(pid: number | 'self'): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'latin1');
  } catch {
    return '';
  }
}

/**
 * The type of the first mount of a device in /proc/PID/mountinfo (proc_pid_mountinfo(5)): the device is the third field, and the
 * type follows the first field "-". Blanks in paths are escaped.
 */
export function typeOfDevice(mounts: string, device: string): string | null {
  for (let at = 0; (at = mounts.indexOf(` ${device} `, at)) >= 0; at++) {
    const line = mounts.slice(mounts.lastIndexOf('\n', at) + 1, mounts.indexOf('\n', at));
    const fields = line.split(' ');
    if (fields[2] === device) return fields[fields.indexOf('-', 6) + 1] ?? null;
  }
  return null;
}
