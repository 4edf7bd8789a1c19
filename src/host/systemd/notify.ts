import { runTool, startTool } from '../exec/spawn-tool.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const TIMEOUT_MS = 5_000;
/** From this version on systemd-notify exits only after systemd has read the message (systemd: NEWS, 246). */
const WAITS_SINCE = 246;
/** Whether it is one of these versions. Asked once: the watchdog is notified every few seconds. */
let waits: Promise<boolean> | undefined;

/**
 * Notifies systemd of this service's state with assignments such as READY=1 (sd_notify(3)), through other programs, since Node
 * has no Unix datagram sockets. Does nothing without $NOTIFY_SOCKET. A failure is ignored: systemd then reaches its own timeout.
 */
export async function notify(...assignments: readonly string[]): Promise<void> {
  const { NOTIFY_SOCKET } = process.env;
  if (NOTIFY_SOCKET === undefined) return;
  const deadlineMs = steadyMs() + TIMEOUT_MS;
  if (await (waits ??= doesWait(deadlineMs)))
    await runTool(['systemd-notify', ...assignments], deadlineMs, { env: { NOTIFY_SOCKET } });
  else await sendAndStay(NOTIFY_SOCKET, assignments, deadlineMs);
}

async function doesWait(deadlineMs: number): Promise<boolean> {
  const { stdout } = await runTool(['systemd-notify', '--version'], deadlineMs);
  return Number(/^systemd (\d+)/.exec(stdout.toString())?.[1] ?? WAITS_SINCE) >= WAITS_SINCE;
}

/**
 * Older versions of systemd drop the message if its sender exits before they look up its unit ("Cannot find unit for notify
 * message"). logger sends each line of its input as a datagram "TIME TAG: LINE", and runs until its input ends: here, until the
 * time limit. systemd reads the assignments between the newlines of TAG, and ignores the other lines.
 */
async function sendAndStay(
  socket: string,
  assignments: readonly string[],
  deadlineMs: number,
): Promise<void> {
  const tag = ['', ...assignments, ''].join('\n');
  const { stdin, ended } = startTool(['logger', '--udp', '--socket', socket, '--tag', tag], deadlineMs);
  stdin?.write('end\n');
  await ended;
}

/** The interval of systemd's watchdog in milliseconds; null if it is off (sd_watchdog_enabled(3)). */
export function watchdogMs(): number | null {
  const microseconds = Number(process.env['WATCHDOG_USEC']);
  return microseconds > 0 ? microseconds / 1000 : null;
}
