import { setTimeout as pause } from 'node:timers/promises';
import { steadyMs } from '../exec/steady-ms.ts';

/** Time, as what waits gets it: an argument, so that a test can let an hour pass at once. */
export interface Clock {
  /** Wall clock, in milliseconds since 1970; it can be set back. */
  wallMs(): number;
  /** In milliseconds from an arbitrary moment; it only grows. */
  steadyMs(): number;
  /** Resolves after `ms`, or as soon as `signal` says so. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `due` once, after `ms`, unless the function that it returns is called before. It does not keep the process running. */
  after(ms: number, due: () => void): () => void;
}

export const realClock: Clock = {
  wallMs: () => Date.now(),
  steadyMs,
  pause: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
  after: (ms, due) => {
    const timer = setTimeout(due, ms).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
