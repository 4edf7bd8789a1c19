/**
 * The file system that holds a folder, for people: "ext4 on /dev/sda1", or only the type if it is on no device. `mounts` is
 * /proc/self/mountinfo (proc_pid_mountinfo(5)): the mount point is the fifth field; type and device follow the first field "-".
 * Blanks in them are escaped. `path` has no symbolic link. Null if no mount holds it.
 */
export function mountOf(mounts: string, path: string): string | null {
  let [longest, found] = [0, null as string | null];
  for (const line of mounts.split('\n')) {
    const fields = line.split(' ');
    const point = unescaped(fields[4] ?? '');
    // Of mounts on top of each other, the last one holds.
    if (point.length < longest || !isWithin(path, point)) continue;
    const at = fields.indexOf('-', 6);
    const [type, source] = [fields[at + 1], fields[at + 2]];
    if (at < 0 || type === undefined || source === undefined) continue;
    longest = point.length;
    found = source.startsWith('/') ? `${type} on ${unescaped(source)}` : type;
  }
  return found;
}

function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || (folder !== '' && path.startsWith(`${folder}/`));
}

function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
