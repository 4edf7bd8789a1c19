import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiskSpace } from '../../core/diagnosis/failure-facts.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';

/** The free room where httpd writes when it starts, as root has it. Folders that are not there are left out: httpd -t tells of those. */
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
    ...{ path, what, readOnly: isReadOnly(path) },
    ...{ freeBytes: bfree * bsize, freeInodes: files === 0 ? null : ffree },
  };
}

/** access(2) says so even to root. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

/** A log may go to syslog or into a pipe as well. */
function fileFolder(file: string | null): string | null {
  return file?.startsWith('/') === true ? dirname(file) : null;
}
