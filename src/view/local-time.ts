/** A moment (milliseconds since 1970) in local time with its offset from UTC, "2026-03-01 08:59:15+05:45": journalctl --since takes its first part. */
export function localTime(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + minutes * 60_000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
  return `${local.replace('T', ' ')}${offset}`;
}
