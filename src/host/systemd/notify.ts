import { runTool } from '../exec/spawn-tool.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const TIMEOUT_MS = 5_000;

/**
 * Notifies systemd of this service's state (sd_notify(3)) through systemd-notify(1), since Node has no Unix datagram sockets.
 * Does nothing without $NOTIFY_SOCKET. A failure is ignored: systemd then reaches its own timeout.
 */
export async function notify(...words: readonly string[]): Promise<void> {
  const { NOTIFY_SOCKET } = process.env;
  if (NOTIFY_SOCKET === undefined) return;
  await runTool(['systemd-notify', ...words], steadyMs() + TIMEOUT_MS, { env: { NOTIFY_SOCKET } });
}

/** The interval of systemd's watchdog in milliseconds; null if it is off (sd_watchdog_enabled(3)). */
export function watchdogMs(): number | null {
  const microseconds = Number(process.env['WATCHDOG_USEC']);
  return microseconds > 0 ? microseconds / 1000 : null;
}
