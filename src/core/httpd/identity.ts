import { baseName } from '../text/base-name.ts';
import type { ExecLine } from '../units/unit-facts.ts';

// Everything that identifies Apache httpd: names of units, programs and control scripts, and the text in its binary.

/** Unit names of Red Hat and its software collections, Debian and SUSE. */
const UNIT_NAME = /^(httpd|apache2|httpd\d+-httpd)(@.+)?\.service$/;

/** Binaries of distributions and products. */
const HTTPD_NAME = /^(httpd|apache)2?([.-][\w.-]*)?$/;

/** httpd's own start scripts (httpd: support/apachectl.in; Debian: debian/config-dir). */
const CONTROL_NAME = /^(apache2?|httpd2?)ctl$/;

/** Programs in ExecStart= that start httpd: a binary, on some systems with its MPM as a suffix, or a control script. */
const START_NAME = /^(httpd|apache)2?(ctl)?([.-](prefork|worker|event|itk))?$/;

/** Programs that run another one in their own process, so that the exe link names them instead (ld.so(8), qemu-user, valgrind, box64, FEX). */
const LOADER_NAME = /^(ld[.-].*|qemu-.*|.*valgrind.*|memcheck-.*|rosetta|box(64|86).*|FEX.*)$/;

/**
 * httpd itself, or APR, the library under it, in lines of /proc/PID/maps (proc_pid_maps(5)). The name of httpd ends the line: a
 * folder of that name shows nothing.
 */
const MAPPED_BY_HTTPD = /\/libapr(?:util)?-\d|\/(?:httpd|apache)2?(?:[.-][\w.-]*)?(?: \(deleted\))?$/m;

/** Printed by `httpd -V` in every version since 2.0, hence contained in every httpd binary, whatever its name (httpd: server/main.c). */
export const BINARY_TEXT = "Server's Module Magic Number";

/** Folders of init scripts, which systemd generates units from (systemd-sysv-generator(8)). There "httpd" is a script. */
const INIT_SCRIPT = /^\/etc\/(rc\.d\/)?init\.d\//;

/** Whether a unit has one of the names that distributions use for httpd. */
export function hasHttpdName(unit: string): boolean {
  return UNIT_NAME.test(unit);
}

/** Whether a path's last part is a name of httpd's binary. Unlike comm and cmdline, the exe link is set by the kernel. */
export function isHttpdName(path: string): boolean {
  return HTTPD_NAME.test(baseName(path));
}

/** Whether a unit's program can be run with `-t` and `-V`. Any other program could be started by that. */
export function canBeAsked({ path }: ExecLine): boolean {
  return !INIT_SCRIPT.test(path) && (isHttpdName(path) || CONTROL_NAME.test(baseName(path)));
}

/** Whether it is one of httpd's own control scripts. */
export function isControlScript({ path }: ExecLine): boolean {
  return CONTROL_NAME.test(baseName(path));
}

/** Whether a unit file starts httpd or its control script, whatever the unit's name. `text` is the file (systemd.service(5)). */
export function startsHttpd(text: string): boolean {
  const programs = [...text.matchAll(/^[ \t]*ExecStart[ \t]*=[ \t]*[-@:+!|]*"?([^\s"]+)/gm)];
  return programs.some(([, path = '']) => START_NAME.test(baseName(path)));
}

/** Whether a program runs another one in its own process, so that its own file proves nothing. */
export function isLoaderName(path: string): boolean {
  return LOADER_NAME.test(baseName(path));
}

/** Whether a mapped file in lines of /proc/PID/maps shows that the process runs httpd: httpd itself or APR. */
export function isMappedByHttpd(lines: string): boolean {
  return MAPPED_BY_HTTPD.test(lines);
}
