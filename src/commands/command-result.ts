import { escape } from '../view/escape.ts';

/** The result of a command: its output and exit status. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Options of several commands; each accepts those that have an effect. */
export interface CommonOptions {
  unit?: string | undefined;
  /** The configuration file, instead of the default one. */
  config?: string | undefined;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
}

/** Refuses to act on an invalid configuration: a guess could do the opposite of what was meant. */
export function wrongConfiguration(why: string, exitCode: number): CommandResult {
  return { stdout: '', stderr: `httpd-guard: nothing was done: ${escape(why)}\n`, exitCode };
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** A note for a dry run by an ordinary user; "" for root. */
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
