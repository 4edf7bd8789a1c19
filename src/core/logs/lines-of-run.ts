/** A line of a log with its time. */
export interface DatedLine {
  text: string;
  /** Milliseconds since 1970; null if it is unknown. */
  atMs: number | null;
}

/** The end of a log file. */
export interface LogFile {
  lines: readonly string[];
  /** When it was last written to, milliseconds since 1970. */
  mtimeMs: number;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** httpd's default timestamp: "[Sat Nov 21 05:20:58.123456 2026]"; 2.2 has no fraction. An ErrorLogFormat may put other fields in front. */
const STAMP = /\[\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{3})\d*)? (\d{4})\]/;
/** %{c}t in an ErrorLogFormat: "2026-11-21 05:20:58". */
const COMPACT_STAMP = /(?<!\d)(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{3})\d*)?/;
/** The most characters in front of a timestamp, which precedes the message. */
const MOST_BEFORE_STAMP = 200;

/** How many of the last lines of a log without timestamps are assumed to be as recent as the file. */
const MOST_UNDATED = 10;

/**
 * The lines of a log file with their times. Timestamps are in httpd's local time, `offsetMs` ahead of UTC, unless the file's
 * own time shows another offset. A line without a timestamp belongs to the one before it, unless a failed start wrote it. In a file without timestamps the last
 * lines get the file's time.
 */
export function dateLines({ lines, mtimeMs }: LogFile, offsetMs: number): DatedLine[] {
  const stamps = lines.map(stampMs);
  const newest = stamps.findLast((stamp) => stamp !== null) ?? null;
  if (newest === null)
    return lines.map((text, i) => ({ text, atMs: i < lines.length - MOST_UNDATED ? null : mtimeMs }));
  const offset = offsetMs + correctionMs(newest - offsetMs, mtimeMs);
  const failedAt = lastFailedStart(lines, stamps);
  let atMs: number | null = null;
  return lines.map((text, i) => {
    const stamp = stamps[i] ?? null;
    if (stamp !== null) atMs = stamp - offset;
    if (i === failedAt) atMs = mtimeMs;
    return { text, atMs };
  });
}

/** The last line of a start that fails before the format of the log is set (httpd: server/main.c). */
const START_FAILED = /^(?:AH\d{5}: )?(?:Unable to open logs|Configuration Failed)/;

/**
 * Where the lines without timestamps of a failed start begin, if the file ends with them: they are as recent as the file, while
 * the timestamp in front of them is that of an earlier run.
 */
function lastFailedStart(lines: readonly string[], stamps: readonly (number | null)[]): number | null {
  if (!START_FAILED.test(lines.at(-1) ?? '')) return null;
  let at = lines.length - 1;
  const least = Math.max(1, lines.length - MOST_UNDATED);
  while (at > least && stamps[at - 1] === null && !START_FAILED.test(lines[at - 1] ?? '')) at--;
  return at;
}

const QUARTER_MS = 15 * 60_000;
/** The largest difference between the last line and the file's time, since a timestamp may lack the fraction. */
const AT_ONCE_MS = 2_000;
/** From UTC-12 to UTC+14. */
const MOST_CORRECTION_MS = 26 * 3_600_000;

/**
 * The correction of the offset in milliseconds: httpd may run in another time zone than its unit shows, if a wrapper or envvars
 * sets TZ. Time zones differ by quarters of an hour, so the last line differs from the file's time by whole quarters.
 */
function correctionMs(newestMs: number, mtimeMs: number): number {
  const quarters = Math.round((newestMs - mtimeMs) / QUARTER_MS) * QUARTER_MS;
  const isZone =
    Math.abs(quarters) <= MOST_CORRECTION_MS && Math.abs(newestMs - mtimeMs - quarters) <= AT_ONCE_MS;
  return isZone ? quarters : 0;
}

/** The lines of a run that started at `sinceMs` (milliseconds since 1970). Lines of unknown time are kept, since the format may lack it. */
export function linesOfRun(lines: readonly DatedLine[], sinceMs: number): DatedLine[] {
  // A timestamp may lack the fraction.
  const first = Math.floor(sinceMs / 1000) * 1000;
  return lines.filter(({ atMs }) => atMs === null || atMs >= first);
}

/** The timestamp as if it were UTC. */
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

/** A part of a timestamp; the fraction has three digits or is missing. */
function numberOf(digits: string | undefined): number {
  return Number(digits ?? 0);
}
