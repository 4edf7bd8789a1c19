import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { type Done, done, notDone } from '../../core/done.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { type Attempts, type AttemptsFile, parseAttempts } from '../../core/recovery/attempts.ts';
import { errorReason } from '../files/error-reason.ts';
import { RUN_DIRECTORY, STATE_DIRECTORY, statePath } from './paths.ts';
import { writeAtomically } from '../files/write-atomically.ts';

/** Where attempts are counted, in order of preference: to /run while /var is full or read-only. */
const DIRECTORIES: readonly string[] = [STATE_DIRECTORY, RUN_DIRECTORY];

/** Earlier recoveries of a unit. A file that cannot be read is unknown: taken for none, it would lift the rate limit. */
export function readAttempts(unit: string, directories = DIRECTORIES): Fact<Attempts> {
  const files: AttemptsFile[] = [];
  for (const directory of directories) {
    const path = statePath(directory, unit, '.recoveries');
    try {
      const stat = lstatSync(path);
      const text = stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'utf8');
      files.push({ text, writtenMs: stat.mtimeMs });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        return unknown(`${path} cannot be read: ${errorReason(error)}; remove it`);
    }
  }
  return known(parseAttempts(files, Date.now()));
}

/** Writes the recoveries atomically. If that fails everywhere, the caller must count them in memory. */
export function keepAttempts(
  unit: string,
  history: Attempts,
  directories = DIRECTORIES,
): Done<'not-written'> {
  let why = '';
  for (const directory of directories)
    try {
      writeAtomically(statePath(directory, unit, '.recoveries'), JSON.stringify(history), 'synced');
      return done;
    } catch (error) {
      why ||= errorReason(error);
    }
  for (const directory of directories)
    if (writeAsLink(statePath(directory, unit, '.recoveries'), JSON.stringify(history))) return done;
  return notDone('not-written', `the attempts of ${unit} cannot be written: ${why}`);
}

/** A full file system still takes a short link, whose text is in its inode (kernel: mm/shmem.c, shmem_symlink; ext4, fast symlinks). */
function writeAsLink(path: string, text: string): boolean {
  try {
    rmSync(path, { force: true });
    symlinkSync(text, path);
    return true;
  } catch {
    return false;
  }
}

export function forgetAttempts(unit: string, directories = DIRECTORIES): void {
  for (const directory of directories) rmSync(statePath(directory, unit, '.recoveries'), { force: true });
}
