import type { Fact } from './fact.ts';

/** A living process that may be httpd. Times are milliseconds since boot (CLOCK_BOOTTIME), as in /proc/PID/stat. */
export interface ProcessFacts {
  pid: number;
  ppid: number;
  pgrp: number;
  session: number;
  startedMs: number;
  /** Real, effective, saved and file-system uid. */
  uids: number[];
  /** As /proc/PID/ns/ipc names it, "ipc:[4026531839]". */
  ipcNamespace: Fact<string>;
  exe: Fact<Executable>;
  /** True when the file that runs is Apache httpd: by its name, or because it holds Apache's own text. */
  isHttpd: Fact<boolean>;
  /** The unit whose control group it is in, as systemd's own manager would name it. */
  unit: Fact<string>;
}

export interface Executable {
  path: string;
  /** The file was replaced or removed since the process began, as after a package upgrade. */
  deleted: boolean;
}

/** Names under which distributions and products ship httpd's binary. */
const HTTPD_NAME = /^(httpd|apache)2?([.-][\w.-]*)?$/;

/** Whether a path's last part is a name that httpd goes by. The exe link is set by the kernel, unlike comm and cmdline. */
export function isHttpdName(path: string): boolean {
  return HTTPD_NAME.test(path.slice(path.lastIndexOf('/') + 1));
}
