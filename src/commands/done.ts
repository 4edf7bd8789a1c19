/** How a command ended: what to print, and the exit code. */
export interface Done {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** EX_NOPERM of sysexits.h. */
export function needsRoot(command: string): Done {
  return {
    stdout: '',
    stderr: `httpd-guard: ${command} needs root; look without it: httpd-guard check\n`,
    exitCode: 77,
  };
}
