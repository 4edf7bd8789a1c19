/**
 * The offset of a time zone from UTC at `atMs`, in milliseconds. `zone` is a name as in TZ ("America/Los_Angeles", with or
 * without a colon in front; tzset(3)); null for the zone of this process, which is also used for other forms such as
 * "PST8PDT,M3.2.0".
 */
export function zoneOffsetMs(zone: string | null, atMs: number): number {
  const own = -new Date(atMs).getTimezoneOffset() * 60_000;
  if (zone === null) return own;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone.replace(/^:/, ''),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const day = Date.UTC(part('year'), part('month') - 1, part('day'));
    const local = day + ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1000;
    return local - Math.floor(atMs / 1000) * 1000;
  } catch {
    return own;
  }
}
