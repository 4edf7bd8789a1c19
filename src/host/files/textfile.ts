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
import { draftPath, removeDeadDrafts } from './drafts.ts';
import { errorReason } from './error-reason.ts';

/** other-directory: a link on the way leads elsewhere. */
export type TextfileCode = 'no-directory' | 'other-directory' | 'not-written';

/** Directories where node_exporter reads *.prom files: in Debian and Ubuntu, then as in its documentation and most other packages. */
const DIRECTORIES = ['/var/lib/prometheus/node-exporter', '/var/lib/node_exporter/textfile_collector'];

/** The metrics file in the configured or the first usual directory of node_exporter; null if there is no such directory. */
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
 * Writes a file atomically with mode 0644. The directory may belong to another user: files and links in it are replaced, never
 * written through.
 */
export function writeTextfile(path: string, text: string): Done<TextfileCode> {
  return within(path, (folder) => {
    const draft = draftPath(`${folder}/${basename(path)}`);
    removeDeadDrafts(folder);
    try {
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

/** Removes the file. */
export function removeTextfile(path: string): Done<TextfileCode> {
  return within(path, (folder) => {
    rmSync(`${folder}/${basename(path)}`, { force: true });
    removeDeadDrafts(folder);
  });
}

/**
 * Calls `action` with the directory of a file as an open file descriptor's path, since the owner of the directory or of its
 * parent may replace it by a link at any time. Fails if the directory is reached through a link.
 */
function within(path: string, action: (folder: string) => void): Done<TextfileCode> {
  const directory = dirname(path);
  let fd: number | undefined;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const folder = `/proc/self/fd/${fd}`;
    const real = readlinkSync(folder);
    if (real !== directory) return notDone('other-directory', `${directory} is a link to ${real}`);
    action(folder);
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
