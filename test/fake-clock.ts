import type { Clock } from '../src/host/proc/real-clock.ts';

interface Timer {
  atMs: number;
  due: () => void;
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  private nowMs = 0;
  private timers: Timer[] = [];

  constructor(private readonly startedMs = 1_700_000_000_000) {}

  wallMs(): number {
    return this.startedMs + this.nowMs;
  }

  steadyMs(): number {
    return this.nowMs;
  }

  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  after(ms: number, due: () => void): () => void {
    const timer = { atMs: this.nowMs + ms, due };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** How many timers wait: wake-ups to come. */
  get waiting(): number {
    return this.timers.length;
  }

  /** Lets `ms` pass, timer by timer; whoever is woken gets on as far as it can without more time. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await settled();
    for (;;) {
      const [next] = this.timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      next.due();
      await settled();
    }
    this.nowMs = endMs;
  }

  /** Lets time pass until `promise` is settled, for an hour at most. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const note = (): void => {
      state.isSettled = true;
    };
    promise.then(note, note);
    const endMs = this.nowMs + 3_600_000;
    await settled();
    while (!state.isSettled && this.nowMs < endMs) await this.advance(50);
    if (!state.isSettled) throw new Error('it did not end within an hour');
    return promise;
  }
}

/** All that can go on without time has gone on: promises are settled before a macrotask. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
