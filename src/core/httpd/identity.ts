import type { ExecLine } from '../units/unit-facts.ts';

// What is taken for Apache httpd: its units, its programs, its control scripts, and the text in its binary. All of it is here.

/** Units of distributions: Red Hat's and its software collections', Debian's, SUSE's. */
const UNIT_NAME = /^(httpd|apache2|httpd\d+-httpd)(@.+)?\.service$/;

/** Binaries of distributions and products. */
const HTTPD_NAME = /^(httpd|apache)2?([.-][\w.-]*)?$/;

/** httpd's own start scripts (httpd: support/apachectl.in; Debian: debian/config-dir). */
const CONTROL_NAME = /^(apache2?|httpd2?)ctl$/;

/** Programs in ExecStart= that start httpd: a binary, on some systems with its MPM behind it, or a control script. */
const START_NAME = /^(httpd|apache)2?(ctl)?([.-](prefork|worker|event|itk))?$/;

/** Programs that run another one in their own process: then the exe link names them (ld.so(8), qemu-user, valgrind). */
const LOADER_NAME = /^(ld[.-].*|qemu-.*|.*valgrind.*|memcheck-.*|rosetta)$/;

/** The library that all of httpd is built on, among a process's mapped files (proc_pid_maps(5)). */
const APR_PATH = /\/libapr(util)?-\d/;

/** What `httpd -V` prints in every version since 2.0: it is in the binary of each httpd, whatever its name (httpd: server/main.c). */
export const BINARY_TEXT = "Server's Module Magic Number";

/** Whether a unit has a name that distributions give to httpd's. */
export function hasHttpdName(unit: string): boolean {
  return UNIT_NAME.test(unit);
}

/** Whether a path's last part is a name of httpd's binary. The exe link is set by the kernel, unlike comm and cmdline. */
export function isHttpdName(path: string): boolean {
  return HTTPD_NAME.test(baseName(path));
}

/** Whether a unit's program can be asked with `-t` and `-V`. Any other program would be started by the question. */
export function canBeAsked({ path }: ExecLine): boolean {
  return isHttpdName(path) || CONTROL_NAME.test(baseName(path));
}

/** Whether a unit file starts httpd or its control script, whatever the unit's name. `text` is the file (systemd.service(5)). */
export function startsHttpd(text: string): boolean {
  const programs = [...text.matchAll(/^[ \t]*ExecStart[ \t]*=[ \t]*[-@:+!|]*"?([^\s"]+)/gm)];
  return programs.some(([, path = '']) => START_NAME.test(baseName(path)));
}

/** Whether a program runs another one in its own process, so that its own file says nothing. */
export function isLoaderName(path: string): boolean {
  return LOADER_NAME.test(baseName(path));
}

/** Whether a mapped file shows that its process runs httpd: httpd itself, or the library that it is built on. */
export function isMappedByHttpd(path: string): boolean {
  return isHttpdName(path) || APR_PATH.test(path);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
