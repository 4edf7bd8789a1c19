import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiskSpace } from '../../core/diagnosis/failure-facts.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';

/** Free space of the folders that httpd writes to when it starts (statfs(2), f_bfree: what root may use). Missing folders are skipped; httpd -t reports those. */
export function readDiskSpaces(settings: HttpdSettings): DiskSpace[] {
  const places: [string | null, string][] = [
    [fileFolder(settings.errorLog), 'the ErrorLog'],
    [fileFolder(settings.pidFile), 'the PidFile'],
    [settings.mutexDir, 'file mutexes'],
    ['/tmp', 'temporary files'],
    ['/dev/shm', 'POSIX shared memory and semaphores'],
  ];
  return places.flatMap(([path, what]) =>
    path === null || !existsSync(path) ? [] : [readDiskSpace(path, what)],
  );
}

function readDiskSpace(path: string, what: string): DiskSpace {
  const { bsize, bfree, files, ffree } = statfsSync(path);
  return {
    path,
    what,
    readOnly: isReadOnly(path),
    freeBytes: bfree * bsize,
    freeInodes: files === 0 ? null : ffree,
  };
}

/** access(2) fails with EROFS even for root. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

/** The folder of a file; null for a log that goes to syslog or a pipe. */
function fileFolder(file: string | null): string | null {
  return file?.startsWith('/') === true ? dirname(file) : null;
}
