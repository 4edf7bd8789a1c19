import { readFileSync } from 'node:fs';

/**
 * File systems whose reads depend on nothing but this machine. A read from any other may wait for a server or for a process
 * of any user (fuse(4), nfs(5)), and no signal ends that wait.
 */
const LOCAL =
  /^(ext[234]|xfs|btrfs|zfs|bcachefs|f2fs|jfs|nilfs2|reiserfs|overlay|aufs|tmpfs|devtmpfs|ramfs|rootfs|squashfs|erofs|cramfs|vfat|exfat|ntfs3|iso9660|udf)$/;

const ownMounts = new Map<string, string>();

/** Whether a device ("MAJOR:MINOR") holds a local file system, by the mounts that this process or else process `pid` sees. */
export function isLocal(device: string, pid: number): boolean {
  if (ownMounts.size === 0) for (const [id, type] of readMounts('self')) ownMounts.set(id, type);
  const type = ownMounts.get(device) ?? new Map(readMounts(pid)).get(device);
  return type !== undefined && LOCAL.test(type);
}

function readMounts(pid: number | 'self'): [string, string][] {
  try {
    return parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, 'latin1'));
  } catch {
    return [];
  }
}

/** Device and type of each mount (proc_pid_mountinfo(5)); optional fields end with " - ". */
export function parseMountinfo(text: string): [string, string][] {
  return [...text.matchAll(/^\d+ \d+ (\d+:\d+) .*? - (\S+)/gm)].map(([, device = '', type = '']) => [
    device,
    type,
  ]);
}
