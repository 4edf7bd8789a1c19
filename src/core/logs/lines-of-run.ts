/** A line of a log with the time at which it was written. */
export interface DatedLine {
  text: string;
  /** Wall clock, in milliseconds; null where neither the line nor its place shows it. */
  atMs: number | null;
}

/** A log file, as far as it was read. */
export interface LogFile {
  lines: readonly string[];
  /** When it was last written to, wall clock. */
  mtimeMs: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** httpd's default stamp: "[Sat Nov 21 05:20:58.123456 2026]", 2.2 without the fraction. An ErrorLogFormat may put it behind other fields. */
const STAMP = /\[\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{3})\d*)? (\d{4})\]/;
/** %{c}t in an ErrorLogFormat: "2026-11-21 05:20:58". */
const COMPACT_STAMP = /(?<!\d)(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{3})\d*)?/;
/** A stamp stands in front of the message. */
const MOST_BEFORE_STAMP = 200;

/** A log without stamps is written in the order of its lines: so many of the last may be as young as the file. */
const MOST_UNDATED = 10;

/**
 * The lines of a log file with their times. Stamps are in httpd's local time, `offsetMs` ahead of UTC; where the file's own
 * time shows another offset, that one is used. A line without a stamp belongs to the one before it. In a file without
 * stamps the last lines have the file's time.
 */
export function dateLines({ lines, mtimeMs }: LogFile, offsetMs: number): DatedLine[] {
  const stamps = lines.map(stampMs);
  const newest = stamps.findLast((stamp) => stamp !== null) ?? null;
  if (newest === null)
    return lines.map((text, i) => ({ text, atMs: i < lines.length - MOST_UNDATED ? null : mtimeMs }));
  const offset = offsetMs + correctionMs(newest - offsetMs, mtimeMs);
  let atMs: number | null = null;
  return lines.map((text, i) => {
    const stamp = stamps[i] ?? null;
    if (stamp !== null) atMs = stamp - offset;
    return { text, atMs };
  });
}

const QUARTER_MS = 15 * 60_000;
/** A line reaches its file at once; its stamp may lack the fraction. */
const AT_ONCE_MS = 2_000;
/** From UTC-12 to UTC+14. */
const MOST_CORRECTION_MS = 26 * 3_600_000;

/**
 * httpd may run in a time zone that its unit does not show: its wrapper sets TZ, or envvars does. Time zones differ by
 * quarters of an hour, so a last line that is whole quarters away from the file's own time shows by how many.
 */
function correctionMs(newestMs: number, mtimeMs: number): number {
  const quarters = Math.round((newestMs - mtimeMs) / QUARTER_MS) * QUARTER_MS;
  const isZone =
    Math.abs(quarters) <= MOST_CORRECTION_MS && Math.abs(newestMs - mtimeMs - quarters) <= AT_ONCE_MS;
  return isZone ? quarters : 0;
}

/** The lines of a run that began at `sinceMs` (wall clock). One before any stamp counts: it may be of a format without. */
export function linesOfRun(lines: readonly DatedLine[], sinceMs: number): DatedLine[] {
  // A stamp may lack the fraction.
  const first = Math.floor(sinceMs / 1000) * 1000;
  return lines.filter(({ atMs }) => atMs === null || atMs >= first);
}

/** What the stamp would be in UTC. */
function stampMs(line: string): number | null {
  const text = line.slice(0, MOST_BEFORE_STAMP);
  const [, month = '', ...numbers] = STAMP.exec(text) ?? [];
  if (month !== '') {
    const [day = 0, hour = 0, minute = 0, second = 0, fraction = 0, year = 0] = numbers.map(numberOf);
    return Date.UTC(year, MONTHS.indexOf(month), day, hour, minute, second, fraction);
  }
  const compact = COMPACT_STAMP.exec(text);
  if (compact === null) return null;
  const [year = 0, number = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0] = compact
    .slice(1)
    .map(numberOf);
  return Date.UTC(year, number - 1, day, hour, minute, second, fraction);
}

/** A part of a stamp; a fraction is there with three digits, or not at all. */
function numberOf(digits: string | undefined): number {
  return Number(digits ?? 0);
}
