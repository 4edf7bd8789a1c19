import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import type { Report } from '../../../src/core/check/report.ts';
import { reportNagios, unknownNagios } from '../../../src/view/report/report-nagios.ts';
import { set } from '../../core/verdict/snapshot-builder.ts';
import { healthy, report, sick, unprivileged, unseen } from './report-builder.ts';

interface Figure {
  value: number;
  warn: string;
  crit: string;
  min: string;
  max: string;
}

/** Performance data, read by the grammar of monitoring-plugins.org's Development Guidelines. */
function parse(text: string): { status: string; figures: Map<string, Figure>; long: string[] } {
  const [first = '', ...long] = text.replace(/\n$/, '').split('\n');
  const [head = '', data = '', ...tooMany] = first.split('|');
  t.strictSame(tooMany, []);
  for (const line of long) t.notMatch(line, '|');
  const figures = new Map<string, Figure>();
  for (const word of data.split(' ').filter((part) => part !== '')) {
    const match =
      /^('[^'=]+'|[^'= ]+)=(-?[\d.]+)(us|ms|s|%|B|KB|MB|TB|c|);([^;]*);([^;]*);(-?[\d.]*)(?:;(-?[\d.]*))?$/.exec(
        word,
      );
    t.ok(match, `"${word}" is a figure`);
    const [, label = '', value = '', , warn = '', crit = '', min = '', max = ''] = match ?? [];
    for (const range of [warn, crit]) t.match(range, /^(@?((~|-?[\d.]+):)?(-?[\d.]+)?)?$/, 'is a range');
    figures.set(label, { value: Number(value), warn, crit, min, max });
  }
  return { status: /^HTTPD-GUARD (OK|WARNING|CRITICAL|UNKNOWN) - ./.exec(head)?.[1] ?? '', figures, long };
}

/** Whether a value alerts, as the guidelines read a range: outside of it; inside with "@"; "10" is 0 to 10. */
function alerts(range: string, value: number): boolean {
  if (range === '') return false;
  const inside = range.startsWith('@');
  const [first = '', second] = range.replace('@', '').split(':');
  const start = second === undefined ? 0 : first === '~' ? -Infinity : Number(first);
  const endText = second ?? first;
  const end = endText === '' ? Infinity : Number(endText);
  if (start > end) t.fail(`${range} is no range: it ends before it begins`);
  const isWithin = value >= start && value <= end;
  return inside ? isWithin : !isWithin;
}

void t.test('the first line has status, reason and figures; the other reasons follow', async (t) => {
  t.equal(
    reportNagios(sick()),
    `HTTPD-GUARD CRITICAL - 11 of 11 sets in use (100 %): apache2.service is down and cannot start | sets=11;8;10;0;11 semaphores=27;79;94;0;100 orphans=10;0;;0
10 orphaned sets, leaked by a killed httpd: httpd-guard clean removes them
11 of 11 semaphore sets in use
`,
  );
  t.equal(
    reportNagios(healthy()),
    'HTTPD-GUARD OK - 1 of 128 semaphore sets in use | sets=1;102;121;0;128 semaphores=1;79;94;0;100 orphans=0;0;;0\n',
  );
  t.match(reportNagios(unprivileged()), /^HTTPD-GUARD OK - 1 of 128 [^\n]*\ncannot see other users' /);
  t.match(
    reportNagios(report({})),
    /^HTTPD-GUARD WARNING - 1 orphaned set, leaked by a killed httpd: .* orphans=1;0;;0\n/,
  );
});

void t.test('the thresholds of the figures alert exactly where the status does', async (t) => {
  for (const max of [1, 3, 12, 128])
    for (const [warnPercent, critPercent] of [
      [80, 100],
      [0, 100],
      [50, 50],
      [1, 99],
      [100, 100],
      [0, 0],
    ] as const)
      for (let used = 0; used <= max; used++) {
        const one = report(
          {
            processes: [],
            limits: known({ maxSets: max, maxSemaphores: 1_000_000 }),
            sets: Array.from({ length: used }, (_, id) => set({ id, key: id + 1, nsems: 2 })),
          },
          { warnPercent, critPercent },
        );
        const { figures } = parse(reportNagios(one));
        const found = [...figures.values()];
        const status = found.some(({ crit, value }) => alerts(crit, value))
          ? 'critical'
          : found.some(({ warn, value }) => alerts(warn, value))
            ? 'warning'
            : 'ok';
        if (status !== one.health.status)
          t.fail(
            `${used} of ${max}, ${warnPercent} and ${critPercent} %: ${status}, not ${one.health.status}`,
          );
      }
});

void t.test('every output follows the grammar of the guidelines', async (t) => {
  const nasty = report({ sets: [] }, { missing: ['a|b\nOK | sets=0 \u001b[0m'] });
  const scenes: Report[] = [sick(), healthy(), unprivileged(), unseen(), report({}), nasty];
  for (const one of scenes) {
    const { status, figures } = parse(reportNagios(one));
    t.equal(status, one.health.status.toUpperCase());
    t.equal(figures.has('sets'), one.use.known);
  }
});

void t.test('figures that could not be read are left out', async (t) => {
  t.equal(
    reportNagios(unseen()),
    'HTTPD-GUARD UNKNOWN - /proc/sysvipc/sem cannot be read: EACCES\nsystemd cannot be asked\nno httpd found\n',
  );
  t.notMatch(reportNagios(unprivileged()), 'orphans');
  t.notMatch(reportNagios(report({ owner: unknown('not asked') })), 'orphans');
  t.equal(unknownNagios('a|b\nc'), 'HTTPD-GUARD UNKNOWN - a/b\\x0ac\n');
});

void t.test('a reason can start neither the figures nor another line', async (t) => {
  const nasty = report({ sets: [] }, { missing: ['a|b\nOK | sets=0 \u001b[0m'] });
  t.strictSame(parse(reportNagios(nasty)).long, ['a/b\\x0aOK / sets=0 \\x1b[0m']);
});
