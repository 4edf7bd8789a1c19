const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** httpd's default stamp, in local time: "[Sat Nov 21 05:20:58.123456 2026]", 2.2 without the fraction. */
const STAMP = /^\[\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4})\]/;

/**
 * The lines of an ErrorLog that a run wrote which began at `sinceMs` (wall clock). A line without a stamp of that form
 * belongs to the one before it; before any stamp it counts, since it may be of a format of the admin's own.
 */
export function linesOfRun(lines: readonly string[], sinceMs: number): string[] {
  let counts = true;
  return lines.filter((line) => {
    const stamp = stampMs(line);
    // A stamp may lack the fraction.
    if (stamp !== null) counts = stamp >= Math.floor(sinceMs / 1000) * 1000;
    return counts;
  });
}

function stampMs(line: string): number | null {
  const match = STAMP.exec(line);
  if (match === null) return null;
  const [, month = '', ...numbers] = match;
  const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = numbers.map(Number);
  return new Date(year, MONTHS.indexOf(month), day, hour, minute, second).getTime();
}
