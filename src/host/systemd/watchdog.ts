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
  private heardBeats = 0;
  private readonly withinMs = watchdogMs();

  /** Writes heartbeats until `signal` aborts, the first one at once. */
  start(signal: AbortSignal): void {
    if (this.withinMs === null || signal.aborted) return;
    this.beat();
    const timer = setInterval(() => {
      this.beat();
    }, this.withinMs / 2);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
    });
  }

  /** Writes a heartbeat out of turn, unless there is one on its way or no watchdog: then the journal may not have our stderr. */
  beatNow(): void {
    if (this.withinMs !== null && this.heardBeats === this.beats) this.beat();
  }

  /** Handles our own message that arrived through the journal. */
  heard(message: string): void {
    if (message !== this.newest) return;
    this.heardBeats = this.beats;
    void notify('WATCHDOG=1');
  }

  private beat(): void {
    this.beats++;
    try {
      writeSync(2, `<7>${this.newest}\n`);
    } catch {
      // Without journald: systemd restarts the watcher if no heartbeat comes back in time.
    }
  }

  private get newest(): string {
    return `${HEARTBEAT} ${process.pid}-${this.beats}`;
  }
}
