import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Done, done, notDone } from '../../core/done.ts';
import { errorReason } from './error-reason.ts';

/** other-directory: a link on the way leads elsewhere. */
export type TextfileCode = 'no-directory' | 'other-directory' | 'not-written';

/** Where packages of node_exporter read *.prom: Debian's and Ubuntu's, then what its own documentation and most others use. */
const DIRECTORIES = ['/var/lib/prometheus/node-exporter', '/var/lib/node_exporter/textfile_collector'];

/** The file of metrics that node_exporter would read here, or null where there is no node_exporter. */
export function findTextfile(
  directory: string | null,
  usual: readonly string[] = DIRECTORIES,
): string | null {
  const found = (directory === null ? usual : [directory]).find(
    (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  );
  return found === undefined ? null : `${found}/httpd_guard.prom`;
}

/**
 * Writes a file that others read at any time, mode 0644; whole or not at all. The directory may belong to another user: what
 * lies there is never written through or into, only replaced.
 */
export function writeTextfile(path: string, text: string): Done<TextfileCode> {
  return within(path, (folder) => {
    // node_exporter reads names that end in .prom. One of its own for each writer, for two may write at once.
    const draft = `${folder}/${basename(path)}.${process.pid}`;
    try {
      rmSync(draft, { force: true });
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      const fd = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        writeFileSync(fd, text);
        fchmodSync(fd, 0o644);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(draft, `${folder}/${basename(path)}`);
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

/** Removes it again, likewise. */
export function removeTextfile(path: string): Done<TextfileCode> {
  return within(path, (folder) => {
    rmSync(`${folder}/${basename(path)}`, { force: true });
  });
}

/**
 * Does something in the directory of a file, by the directory itself and not by its name: whoever owns it, or the one above,
 * may put a link at its place at any time. A directory that is not what its name says is left alone.
 */
function within(path: string, deed: (folder: string) => void): Done<TextfileCode> {
  const directory = dirname(path);
  let fd: number | undefined;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const folder = `/proc/self/fd/${fd}`;
    const real = readlinkSync(folder);
    if (real !== directory) return notDone('other-directory', `${directory} is in truth ${real}`);
    deed(folder);
    return done;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return notDone('no-directory', `${directory} is not a directory`);
    if (code === 'ENOENT' || fd === undefined)
      return notDone('no-directory', `${directory}: ${errorReason(error)}`);
    return notDone('not-written', `${path}: ${errorReason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
