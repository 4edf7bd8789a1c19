import t from 'tap';
import { dateLines, linesOfRun } from '../../../src/core/logs/lines-of-run.ts';

const HOUR = 3_600_000;
const at = (second: number, ms = 0): number => Date.UTC(2026, 10, 21, 5, 20, second, ms);
const dates = (lines: string[], offsetMs = 0, mtimeMs = at(59)): (number | null)[] =>
  dateLines({ lines, mtimeMs }, offsetMs).map(({ atMs }) => atMs);

void t.test('lines from before the run are skipped with their continuation lines', async (t) => {
  const lines = [
    'no stamp at all',
    '[Sat Nov 21 05:20:57.999999 2026] [core:emerg] old',
    'AH00016: Configuration Failed',
    '[Sat Nov 21 05:20:58.800000 2026] [core:emerg] new',
    'AH00016: Configuration Failed',
  ];
  const dated = dateLines({ lines, mtimeMs: at(58, 801) }, 0);
  t.strictSame(
    linesOfRun(dated, at(58, 700)).map(({ text }) => text),
    [lines[0], lines[3], lines[4]],
  );
  t.strictSame(
    dated.map(({ atMs }) => atMs),
    [null, at(57, 999), at(57, 999), at(58, 800), at(58, 801)],
  );
});

void t.test(
  'lines without timestamps at the end are of the last start, if they say that it failed',
  async (t) => {
    const stamped = '[Sat Nov 21 05:20:57.000000 2026] [mpm_prefork:notice] an earlier run';
    const failed = [
      '(28)No space left on device: AH00091: could not open error log file /x',
      'AH00015: Unable to open logs',
    ];
    t.strictSame(dates([stamped, ...failed]), [at(57), at(59), at(59)]);
    t.strictSame(
      dates([stamped, ...failed, ...failed]),
      [at(57), at(57), at(57), at(59), at(59)],
      'of the last one',
    );
    t.strictSame(dates([stamped, ...failed, 'PHP: something else']), [at(57), at(57), at(57), at(57)]);
  },
);

void t.test('timestamps of 2.2 have no fraction: the second of the start is included', async (t) => {
  const since = (line: string) =>
    linesOfRun(dateLines({ lines: [line], mtimeMs: at(58, 900) }, 0), at(58, 700)).length;
  t.equal(since('[Sat Nov 21 05:20:58 2026] [emerg] (28)No space left on device'), 1);
  t.equal(since('[Sat Nov  7 05:20:58 2026] [emerg] x'), 0, 'a day of one digit');
});

void t.test('stamps of other forms and places', async (t) => {
  t.strictSame(dates(['[client -] [Sat Nov 21 05:20:58.123456 2026] [core:emerg] x']), [at(58, 123)]);
  t.strictSame(dates(['2026-11-21 05:20:58.123456 core emerg x']), [at(58, 123)]);
  t.strictSame(dates(['{"time":"2026-11-21 05:20:58","text":"x"}']), [at(58)]);
  t.strictSame(dates(['x'.repeat(200) + '[Sat Nov 21 05:20:58 2026]']), [at(59)], 'not one in the message');
});

void t.test("the time zone of the unit, or the one that the file's own time shows", async (t) => {
  const line = '[Fri Nov 20 21:20:58.900000 2026] [core:emerg] x';
  t.strictSame(dates([line], -8 * HOUR), [at(58, 900)]);
  t.strictSame(dates([line], 0), [at(58, 900)], 'TZ set by a wrapper');
  t.strictSame(dates([line], 5.5 * HOUR), [at(58, 900)]);
  t.strictSame(dates([line], -8 * HOUR, at(59) + 7 * 60_000), [at(58, 900)], 'an old line stays old');
  const late = at(58, 900) + 3 * HOUR + 7 * 60_000;
  t.strictSame(dates([line, 'PHP: a line without a stamp'], -8 * HOUR, late), [at(58, 900), at(58, 900)]);
  t.strictSame(
    dates([line], 0, at(58, 900) + 30 * HOUR),
    [Date.UTC(2026, 10, 20, 21, 20, 58, 900)],
    'no zone is so far off',
  );
});

void t.test('of a file without stamps only the last lines have its time', async (t) => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  t.strictSame(
    dates(lines).map((atMs) => atMs !== null),
    lines.map((_, i) => i >= 20),
  );
  t.strictSame(dates([]), []);
});
