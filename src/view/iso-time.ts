/** Texts of whole seconds, cached: a full table has 32,000 sets, but few different times. */
const texts = new Map<number, string>();

/** Wall-clock milliseconds as RFC 3339 in UTC, in whole seconds. */
export function isoTime(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const before = texts.get(seconds);
  if (before !== undefined) return before;
  const text = new Date(seconds * 1000).toISOString().replace('.000', '');
  texts.set(seconds, text);
  return text;
}
