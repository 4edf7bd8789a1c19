import { readFileSync } from 'node:fs';
import { type Fact, known, unknown } from '../core/fact.ts';
import { because } from './because.ts';

/** What `httpd -V` prints in every version since 2.0: it stands in the binary of each httpd, whatever its name (httpd: server/main.c). */
const APACHE_TEXT = "Server's Module Magic Number";

/** Modules that run processes, or make mutexes, for users other than `User`; by file name where loaded, by directive where built in. */
const USER_MIXING_MODULE = /\/(mod_wsgi|mpm_itk|mod_mpm_itk|mod_ruid2)[^/]*$/m;
const USER_MIXING_DIRECTIVES = ['WSGIDaemonProcess', 'AssignUserID', 'RUidGid'];

/** No httpd comes near this; reading larger programs would cost the start more than it tells. */
const MOST_BYTES = 64 * 1024 * 1024;

const textByIdentity = new Map<string, Fact<boolean>>();

/** Whether a process runs Apache httpd, told by the file it runs (proc_pid_exe(5)), also where that was replaced since. */
export function holdsApacheText(pid: number, identity: string, sizeBytes: number): Fact<boolean> {
  const before = textByIdentity.get(identity);
  if (before !== undefined) return before;
  const fact = readBinary(pid, sizeBytes, (binary) => binary.includes(APACHE_TEXT));
  textByIdentity.set(identity, fact);
  return fact;
}

/** Whether an httpd has code loaded, or built in, that mixes users. Costs a read of its map and of its binary: for masters only. */
export function mixesUsers(pid: number, sizeBytes: number): Fact<boolean> {
  try {
    if (USER_MIXING_MODULE.test(readFileSync(`/proc/${pid}/maps`, 'latin1'))) return known(true);
  } catch (error) {
    return unknown(`/proc/${pid}/maps cannot be read: ${because(error)}`);
  }
  return readBinary(pid, sizeBytes, (binary) =>
    USER_MIXING_DIRECTIVES.some((directive) => binary.includes(directive)),
  );
}

function readBinary(pid: number, sizeBytes: number, test: (binary: Buffer) => boolean): Fact<boolean> {
  if (sizeBytes > MOST_BYTES) return unknown(`the program of process ${pid} is too large to look into`);
  try {
    return known(test(readFileSync(`/proc/${pid}/exe`)));
  } catch (error) {
    return unknown(`the program of process ${pid} cannot be read: ${because(error)}`);
  }
}
