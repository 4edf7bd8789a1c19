import { escape } from '../view/escape.ts';

/** How a command ended: what to print, and the exit code. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** What several commands take; each picks what has an effect on it. */
export interface CommonOptions {
  unit?: string | undefined;
  /** A file instead of the usual configuration. */
  config?: string | undefined;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
}

/** Nothing is done on a configuration that is wrong: one who cannot be understood may have wished the opposite. */
export function wrongConfiguration(why: string, exitCode: number): CommandResult {
  return { stdout: '', stderr: `httpd-guard: nothing was done: ${escape(why)}\n`, exitCode };
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** For --dry-run by another user: what it cannot see, in one line; "" for root. */
export function withoutRoot(): string {
  return isRoot()
    ? ''
    : "httpd-guard: without root, other users' processes cannot be seen: no set can be proven to be orphaned\n";
}

/** EX_NOPERM of sysexits.h. */
export function needsRoot(command: string): CommandResult {
  return {
    stdout: '',
    stderr: `httpd-guard: ${command} needs root; with --dry-run it does not\n`,
    exitCode: 77,
  };
}
