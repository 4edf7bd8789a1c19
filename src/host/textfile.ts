import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type Fact, known, unknown } from '../core/fact.ts';
import { because } from './because.ts';

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
 * lies there is never written through or into, only replaced. Unknown when it cannot be written.
 */
export function writeTextfile(path: string, text: string): Fact<true> {
  // node_exporter reads names that end in .prom. One of its own for each writer, for two may write at once.
  const draft = `${path}.${process.pid}`;
  try {
    const directory = dirname(path);
    if (!statSync(directory).isDirectory()) return unknown(`${directory} is not a directory`);
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
    renameSync(draft, path);
    return known(true);
  } catch (error) {
    const why = because(error);
    try {
      rmSync(draft, { force: true });
    } catch {
      // It is the first failure that is told.
    }
    return unknown(`${(error as NodeJS.ErrnoException).code === 'ENOENT' ? dirname(path) : path}: ${why}`);
  }
}
