/** What one folder said when a block was written into it. */
export interface DiskTrial {
  folder: string;
  /** The same without symbolic links; null where that could not be read. */
  real: string | null;
  /** For an ordinary user (statvfs(3), f_bavail); null where that could not be read. */
  freeBytes: number | null;
  /** Null where the file system counts none. */
  freeInodes: number | null;
  /** The error's name, as ENOSPC; null where the block was written. */
  error: string | null;
}

/** Reads what the probe printed: an object of JSON a line, by folder. A line that is none, as of a probe that was killed, is left out. */
export function parseDiskTrials(text: string): Map<string, DiskTrial> {
  const trials = new Map<string, DiskTrial>();
  for (const line of text.split('\n')) {
    const trial = parseLine(line);
    if (trial !== null) trials.set(trial.folder, trial);
  }
  return trials;
}

function parseLine(line: string): DiskTrial | null {
  try {
    const { folder, real, freeBytes, freeInodes, error } = JSON.parse(line) as Partial<DiskTrial>;
    const isWhole =
      typeof folder === 'string' &&
      (real === null || typeof real === 'string') &&
      [freeBytes, freeInodes].every((one) => one === null || typeof one === 'number') &&
      (error === null || typeof error === 'string');
    return isWhole ? ({ folder, real, freeBytes, freeInodes, error } as DiskTrial) : null;
  } catch {
    return null;
  }
}

/** Whether nothing more can be written there, and of what kind the want is; null where it can, or that is not known. */
export function diskWant({ freeInodes, error }: DiskTrial): 'full' | 'inodes' | 'quota' | 'read-only' | null {
  switch (error) {
    case 'ENOSPC':
      return freeInodes === 0 ? 'inodes' : 'full';
    case 'EDQUOT':
      return 'quota';
    case 'EROFS':
      return 'read-only';
    case null:
    default:
      // Written; or why is not known, as where O_TMPFILE is not supported.
      return null;
  }
}
