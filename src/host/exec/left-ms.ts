/** How long there is until a deadline on performance.now()'s clock, but at most `mostMs`; never less than a millisecond. */
export function leftMs(deadlineMs: number, mostMs = Infinity): number {
  return Math.max(1, Math.min(mostMs, deadlineMs - performance.now()));
}
