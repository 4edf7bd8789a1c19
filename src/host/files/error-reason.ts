/** The error reason of anything caught: the meaning of the system's error code (errno(3)), or the first line of the message. */
export function errorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  // That of fs.rmSync can be empty since Node 24.
  if (code === undefined || code === '') return error.message.split('\n', 1)[0] ?? error.message;
  return MEANING[code] ?? code;
}

const MEANING: Record<string, string> = {
  ENOENT: 'it does not exist (ENOENT)',
  EACCES: 'permission denied (EACCES)',
  EPERM: 'not permitted (EPERM)',
  EISDIR: 'it is a directory (EISDIR)',
  ELOOP: 'it is a symbolic link (ELOOP)',
  EIO: 'input/output error (EIO)',
  EROFS: 'the file system is read-only (EROFS)',
  ENOSPC: 'the file system is full (ENOSPC)',
  EDQUOT: 'the quota is exceeded (EDQUOT)',
  EBUSY: 'it is in use (EBUSY)',
  EXDEV: 'it is on another file system (EXDEV)',
  ENAMETOOLONG: 'its name is too long (ENAMETOOLONG)',
};
