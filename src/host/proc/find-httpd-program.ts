import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { BINARY_TEXT, isLoaderName, isMappedByHttpd } from '../../core/httpd/identity.ts';
import type { Executable } from '../../core/verdict/process-facts.ts';
import { errorReason } from '../files/error-reason.ts';
import { hasInterpreter } from './elf.ts';
import { isLocal } from './local-files.ts';
import { type MappedFile, parseMaps, readMaps } from './mapped-files.ts';

const BINARY_BYTES = Buffer.from(BINARY_TEXT);

/** One buffer for all reads: it fits into the processor's cache, which makes reading faster. */
const PIECE = Buffer.allocUnsafe(256 * 1024);

/**
 * What a program file is: httpd by Apache's text in it; plain, which the kernel starts through its loader, so that it runs itself;
 * or any other, which could be a loader.
 */
type Program = 'httpd' | 'plain' | 'other';

/** By device and inode: each file is read once. */
const programByIdentity = new Map<string, Program>();

/** By the path of a program that was found to be plain: its executable mapping, as in the maps of all processes that run it. */
const plainMappings = new Map<string, string>();

/**
 * Whether a process runs Apache httpd, whatever the name of its program and whatever started it (ld.so(8), valgrind): by its mapped
 * files, and by the content of its mapped programs. Only files on local file systems are opened; unknown for others, and if
 * `isLate`. `pid` may be a thread's.
 */
export function findHttpdProgram(pid: number, exe: Executable, isLate: () => boolean): Fact<boolean> {
  // An emulator maps the program to read, not to execute it.
  const isEmulator = isLoaderName(exe.path);
  const programs = new Map<string, Fact<Program>>();
  const found = { httpd: false, plain: false };
  const maps = readMaps(
    pid,
    (lines) => {
      found.httpd = isMappedByHttpd(lines);
      for (const file of parseMaps(lines, isEmulator ? 'all' : 'executable')) {
        if (found.httpd || programs.has(file.identity)) continue;
        const program = readProgram(pid, file, exe, isLate);
        programs.set(file.identity, program);
        found.httpd = program.known && program.value === 'httpd';
        if (isEmulator || file.path !== exe.path || !program.known || program.value !== 'plain') continue;
        found.plain = true;
        plainMappings.set(exe.path, file.mapping);
      }
      // The other mapped files of a plain program need not be read.
      return found.httpd || found.plain;
    },
    isLate,
  );
  if (found.httpd || found.plain) return known(found.httpd);
  if (!maps.known) return maps;
  if (programs.size === 0) return unknown(`process ${pid} maps no program file`);
  for (const program of programs.values()) if (!program.known) return program;
  return known(false);
}

/**
 * Whether a process runs a program that was found to be plain in another process, by the first of its mapped files. No file is
 * opened or asked for but its maps: on a file system that hangs even stat(2) would wait.
 */
export function isKnownPlain(pid: number, exe: Executable): boolean {
  const mapping = plainMappings.get(exe.path);
  if (mapping === undefined) return false;
  let isPlain = false;
  readMaps(
    pid,
    (lines) => {
      const at = lines.indexOf(mapping);
      // A path could contain the same text: only the range is in front of it.
      isPlain = at > 0 && !lines.slice(lines.lastIndexOf('\n', at) + 1, at).includes(' ');
      return true;
    },
    () => false,
  );
  return isPlain;
}

function readProgram(pid: number, file: MappedFile, exe: Executable, isLate: () => boolean): Fact<Program> {
  const before = programByIdentity.get(file.identity);
  if (before !== undefined) return known(before);
  const program = isOwnProgram(file, exe) ? known('plain' as const) : search(pid, file, exe, isLate);
  if (program.known) programByIdentity.set(file.identity, program.value);
  return program;
}

/** Whether a file is this process's own program: Node has 100 MB to search. */
function isOwnProgram({ path, identity }: MappedFile, exe: Executable): boolean {
  if (path !== process.execPath || exe.deleted) return false;
  return identity.endsWith(`:${statSync(path).ino}`);
}

function search(pid: number, file: MappedFile, exe: Executable, isLate: () => boolean): Fact<Program> {
  if (!file.path.startsWith('/memfd:') && !isLocal(file.device, pid))
    return unknown(`the program of process ${pid} is not on a local file system`);
  let fd: number | undefined;
  try {
    fd = openMapped(pid, file, exe);
    return programOf(fd, pid, isLate);
  } catch (error) {
    return unknown(`the program of process ${pid} cannot be read: ${errorReason(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Opens exactly the file of a mapping, even if it was removed since. In a container that is not permitted (proc_pid_map_files(5)). */
function openMapped(pid: number, { range, path }: MappedFile, exe: Executable): number {
  try {
    return openSync(`/proc/${pid}/map_files/${range}`, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM' || path !== exe.path) throw error;
    return openSync(`/proc/${pid}/exe`, 'r');
  }
}

/**
 * The ELF note of a program in Go, in its first page: length of the name, of the build id, type 4, name (go: cmd/link/internal/ld/elf.go).
 * Those that root runs are large (dockerd), and httpd is written in C.
 */
const GO_NOTE = Buffer.from('04000000476f0000', 'hex');
const FIRST_PAGE = 4_096;

function programOf(fd: number, pid: number, isLate: () => boolean): Fact<Program> {
  // The end of each chunk is kept in front of the next one, since the text may span both.
  let kept = 0;
  let isPlain = false;
  for (let isFirst = true; ; isFirst = false) {
    const read = readSync(fd, PIECE, kept, PIECE.length - kept, null);
    if (read === 0) return known(isPlain ? 'plain' : 'other');
    const piece = PIECE.subarray(0, kept + read);
    if (isFirst) {
      isPlain = hasInterpreter(piece);
      if (piece.subarray(0, FIRST_PAGE).includes(GO_NOTE)) return known('plain');
    }
    if (piece.includes(BINARY_BYTES)) return known('httpd');
    if (isLate()) return unknown(`there was no time left to read the program of process ${pid}`);
    kept = Math.min(piece.length, BINARY_BYTES.length - 1);
    PIECE.copyWithin(0, piece.length - kept, piece.length);
  }
}
