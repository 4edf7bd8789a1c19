import { writeSync } from 'node:fs';
import { notify, watchdogMs } from './notify.ts';

/** The text in each heartbeat and in no other line of ours. */
export const HEARTBEAT = 'httpd-guard heartbeat';

/**
 * Proves to systemd's watchdog that the journal is still followed: each heartbeat is a line on stderr, and only when it arrives
 * through the journal the watchdog is notified.
 */
export class Watchdog {
  private beats = 0;

  /** Writes heartbeats until `signal` aborts; none if there is no watchdog. */
  start(signal: AbortSignal): void {
    const withinMs = watchdogMs();
    if (withinMs === null) return;
    const timer = setInterval(() => {
      this.beats++;
      writeSync(2, `<7>${this.beat()}\n`);
    }, withinMs / 2);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
    });
  }

  /** Handles our own message that arrived through the journal. */
  heard(message: string): void {
    if (message === this.beat()) void notify('WATCHDOG=1');
  }

  private beat(): string {
    return `${HEARTBEAT} ${process.pid}-${this.beats}`;
  }
}
