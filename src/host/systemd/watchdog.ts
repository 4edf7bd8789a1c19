import { writeSync } from 'node:fs';
import { notify, watchdogMs } from './notify.ts';

/** Stands in each beat; no other line of ours has it. */
export const HEARTBEAT = 'httpd-guard heartbeat';

/**
 * Proves to systemd's watchdog that the journal is still read: each beat is a line on stderr, and only when it comes back
 * through the journal the watchdog is told.
 */
export class Watchdog {
  private beats = 0;

  /** Beats until `signal` says so. Never, where there is no watchdog. */
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

  /** Told of a message of our own that came through the journal. */
  heard(message: string): void {
    if (message === this.beat()) void notify('WATCHDOG=1');
  }

  private beat(): string {
    return `${HEARTBEAT} ${process.pid}-${this.beats}`;
  }
}
