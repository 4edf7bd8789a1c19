/** One run of a unit with the httpd master that was seen in it. */
export interface ServerRun {
  unit: string;
  /** systemd's InvocationID of the run; never empty. */
  invocationId: string;
  masterPid: number;
  /** Milliseconds since boot (CLOCK_BOOTTIME). */
  masterStartedMs: number;
  /** Wall clock, for display only. */
  beganRealMs: number;
}

export function isSameRun(a: ServerRun, b: ServerRun): boolean {
  return a.unit === b.unit && a.invocationId === b.invocationId;
}
