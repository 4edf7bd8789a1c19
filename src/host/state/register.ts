import { existsSync, readFileSync } from 'node:fs';
import { type Done, done, notDone } from '../../core/done.ts';
import { NO_REGISTER, type Register, type RegisterPlace } from '../../core/register/register.ts';
import { parseRegister, registerText } from '../../core/register/register-text.ts';
import { errorReason } from '../files/error-reason.ts';
import { useForeignFile } from '../files/foreign-file.ts';
import { writeAtomically } from '../files/write-atomically.ts';
import { readIpcNamespace } from '../proc/proc-files.ts';
import { RUN_DIRECTORY, STATE_DIRECTORY } from './paths.ts';

/** In this order of preference. units/gate reads both. */
const DIRECTORIES: readonly string[] = [STATE_DIRECTORY, RUN_DIRECTORY];
const NAME = 'register';
/** A full register has 2 MiB. */
const MOST_BYTES = 8 * 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;

/** The register of this boot and IPC namespace; empty if there is none that is intact and can only be root's. */
export function readRegister(
  nowMs: number,
  directories = DIRECTORIES,
  owner = 0,
  readPlace = readRegisterPlace,
): Register {
  let newest = NO_REGISTER;
  try {
    const place = readPlace();
    for (const directory of directories) {
      const text = readTrusted(`${directory}/${NAME}`, owner);
      const register = text === null ? null : parseRegister(text, place, nowMs);
      if (register !== null && register.lookedMs > newest.lookedMs) newest = register;
    }
  } catch {
    // Without boot id and namespace no register can be trusted.
    return NO_REGISTER;
  }
  return newest;
}

/** Null for anything but a file that only root could have written. */
function readTrusted(path: string, owner: number): string | null {
  // Usually one of the two is missing, and to throw takes longer than to ask.
  if (!existsSync(path)) return null;
  try {
    return useForeignFile(path, 'no links', (fd, { uid, mode, size }) =>
      uid !== owner || (mode & WRITABLE_BY_OTHERS) !== 0 || size > MOST_BYTES
        ? null
        : readFileSync(fd, 'utf8'),
    );
  } catch {
    return null;
  }
}

/**
 * Writes the register atomically: to /var/lib, or to /run if that is full or read-only. Two may write at once: the last one wins,
 * and what only the other one saw is seen again by the next look.
 */
export function keepRegister(
  register: Register,
  directories = DIRECTORIES,
  readPlace = readRegisterPlace,
): Done<'not-written'> {
  let why = '';
  for (const directory of directories)
    try {
      write(directory, registerText(register, readPlace()));
      return done;
    } catch (error) {
      why ||= `${directory}/${NAME} cannot be written: ${errorReason(error)}`;
    }
  return notDone('not-written', why);
}

/** Writes the register to /run alone, which costs httpd's start next to nothing. Best effort. */
export function keepStartRegister(register: Register, directory = RUN_DIRECTORY): void {
  try {
    write(directory, registerText(register, readRegisterPlace()));
  } catch {
    // Then the look after the start can prove less.
  }
}

/** /run does not outlive a crash. */
function write(directory: string, text: string): void {
  writeAtomically(`${directory}/${NAME}`, text, directory === RUN_DIRECTORY ? 'unsynced' : 'synced');
}

export function readRegisterPlace(): RegisterPlace {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    ipcNamespace: readIpcNamespace('self'),
  };
}
