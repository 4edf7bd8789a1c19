import { runTool } from '../exec/spawn-tool.ts';

const TIMEOUT_MS = 5_000;

/**
 * Tells systemd of this service's state (sd_notify(3)), through systemd-notify(1), since Node has no datagram socket.
 * Nothing where nobody waits for it; what cannot be told systemd finds out by itself.
 */
export async function notify(...words: readonly string[]): Promise<void> {
  const { NOTIFY_SOCKET } = process.env;
  if (NOTIFY_SOCKET === undefined) return;
  await runTool(['systemd-notify', ...words], performance.now() + TIMEOUT_MS, { env: { NOTIFY_SOCKET } });
}

/** How long systemd waits for a sign of life, in milliseconds; null when it does not wait for one. */
export function watchdogMs(): number | null {
  const microseconds = Number(process.env['WATCHDOG_USEC']);
  return microseconds > 0 ? microseconds / 1000 : null;
}
