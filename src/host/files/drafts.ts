import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const DRAFT = /^\.httpd-guard\..+\.(\d+)$/;

/**
 * The name of a file before it is renamed to `path`. One for each process, since a shared one could be renamed half-written; with
 * a dot and without a suffix, so that neither systemd nor sysctl nor node_exporter reads it.
 */
export function draftPath(path: string): string {
  return `${dirname(path)}/.httpd-guard.${basename(path)}.${process.pid}`;
}

/** Removes the drafts in a folder that killed writers left, and those of an earlier process with our pid. Best effort. */
export function removeDeadDrafts(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const pid = Number(DRAFT.exec(name)?.[1] ?? 0);
      if (pid > 0 && !isAnother(pid)) rmSync(`${folder}/${name}`, { force: true });
    }
  } catch {
    // The next writer tries again.
  }
}

function isAnother(pid: number): boolean {
  return pid !== process.pid && existsSync(`/proc/${pid}`);
}
