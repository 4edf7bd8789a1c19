/** From this TimeoutStopSec= on, the limits in units/post-stop fit. */
const ROOMY_MS = 10_000;

/**
 * The limits of the post-stop hook for a unit, in seconds as its arguments: for the query of systemd, for Node, and until Node is
 * killed. Together 80 % of TimeoutStopSec=, which systemd applies to ExecStopPost= again (systemd.service(5)); beyond that it would
 * kill the hook and fail the unit. Empty if the limits in the script fit.
 */
export function stopLimits(stopTimeoutMs: number): readonly number[] {
  if (stopTimeoutMs >= ROOMY_MS) return [];
  const share = (part: number, most: number): number =>
    Math.min(most, Math.round((stopTimeoutMs / 1000) * part * 100) / 100);
  return [share(0.15, 1), share(0.5, 3), share(0.15, 1)];
}
