/** Whether a run with this Result (org.freedesktop.systemd1(5)) was killed: by a signal, a crash, the watchdog or the OOM killer. */
export function isKill(result: string): boolean {
  return /^(signal|core-dump|watchdog|oom-kill)$/.test(result);
}

/** Whether its program exited with an error, its pid file was missing, or too many starts failed. */
export function isFailedExit(result: string): boolean {
  return /^(exit-code|protocol|resources|start-limit-hit)$/.test(result);
}
