import t from 'tap';
import type { HistoryEntry } from '../../src/core/logs/history-entry.ts';
import { historyJson, historyText } from '../../src/view/history.ts';
import { complaints } from './schemas/complaints.ts';

const cleared: HistoryEntry = {
  atMs: Date.UTC(2026, 2, 1, 3, 14, 15, 926),
  unit: 'apache2.service',
  did: 'cleared',
  cause: null,
  sentence: 'removed 2 semaphore sets leaked by a killed httpd',
  figures: { command: 'pre-start', removed: 2, failed: 0, ids: [0, 32769] },
};
const gaveUp: HistoryEntry = {
  atMs: Date.UTC(2026, 2, 1, 3, 20),
  unit: 'b.service',
  did: 'gave-up',
  cause: 'semaphore-leak',
  sentence: 'b.service is down and httpd-guard gave up',
  figures: {},
};
const plain = { quiet: false, verbose: false, more: false };

void t.test('one line for each action, newest last', async (t) => {
  process.env['TZ'] = 'Asia/Kathmandu';
  t.equal(
    historyText([cleared, gaveUp], plain),
    '2026-03-01 08:59:15+05:45  apache2.service  cleared    removed 2 semaphore sets leaked by a killed httpd (pre-start)\n' +
      '2026-03-01 09:05:00+05:45  b.service        gave-up    b.service is down and httpd-guard gave up\n',
  );
  process.env['TZ'] = 'America/St_Johns';
  t.match(historyText([cleared], plain), /^2026-02-28 23:44:15-03:30 /);
  const explained: HistoryEntry = {
    ...gaveUp,
    did: 'explained',
    sentence: 'b.service: a file system is full.',
    figures: { setsUsed: null, setsMax: null, orphans: null, line: null },
  };
  t.match(historyText([explained], plain), 'b.service  explained  a file system is full.\n', 'the unit once');
});

void t.test('figures on request, and a note when there are older entries or none', async (t) => {
  t.match(
    historyText([cleared], { ...plain, verbose: true }),
    '\n    command: pre-start\n    removed: 2\n    failed: 0\n    ids: 0 32769\n',
  );
  t.match(historyText([cleared], { ...plain, more: true }), /^\.\.\. older entries.*\n2026/);
  t.match(historyText([cleared], { ...plain, more: true, quiet: true }), /^2026/);
  t.equal(historyText([], plain), 'No entries of httpd-guard in the journal.\n');
  t.equal(historyText([], { ...plain, quiet: true }), '');
});

void t.test('text of an entry cannot move the cursor or forge a line', async (t) => {
  const nasty = 'a\u001b[2J\n2026\u202e';
  const written = { ...cleared, unit: nasty, sentence: nasty };
  const entries: HistoryEntry[] = [
    { ...written, figures: { command: nasty, removed: null, failed: null, ids: [] } },
    { ...written, did: 'explained', figures: { setsUsed: null, setsMax: null, orphans: null, line: nasty } },
  ];
  const text = historyText(entries, { ...plain, verbose: true });
  t.strictSame(complaints('history', historyJson(entries, false)), []);
  t.notOk(text.includes('\u001b') || text.includes('\u202e'));
  t.equal(text.split('\n').length, 6);
});

void t.test('the JSON object has the documented fields', async (t) => {
  t.strictSame(complaints('history', historyJson([cleared, gaveUp], true)), []);
  t.strictSame(historyJson([cleared], true), {
    schema: 1,
    more: true,
    entries: [
      {
        at: '2026-03-01T03:14:15.926Z',
        unit: 'apache2.service',
        did: 'cleared',
        cause: null,
        sentence: 'removed 2 semaphore sets leaked by a killed httpd',
        command: 'pre-start',
        removed: 2,
        failed: 0,
        ids: [0, 32769],
      },
    ],
  });
});
