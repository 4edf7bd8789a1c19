import { steadyMs } from './steady-ms.ts';

/** Milliseconds until a deadline on steadyMs()'s clock, at most `mostMs` and at least 1. */
export function leftMs(deadlineMs: number, mostMs = Infinity): number {
  return Math.max(1, Math.min(mostMs, deadlineMs - steadyMs()));
}
