import { readFileSync } from 'node:fs';
import t from 'tap';
import { MESSAGE_ID } from '../../../src/core/message-ids.ts';
import { clearedEntry } from '../../../src/view/journal/cleared-entry.ts';

void t.test(
  'the entry names what was removed and by which command; the list of ids is bounded',
  async (t) => {
    const removed = Array.from({ length: 32_000 }, (_, id) => id);
    t.strictSame(clearedEntry({ removed, kept: [], failed: [] }, 'apache2.service', 'pre-start'), {
      MESSAGE: 'removed 32000 semaphore sets leaked by a killed httpd',
      PRIORITY: 5,
      MESSAGE_ID: MESSAGE_ID.cleared,
      HTTPD_GUARD_UNIT: 'apache2.service',
      HTTPD_GUARD_COMMAND: 'pre-start',
      HTTPD_GUARD_REMOVED: 32_000,
      HTTPD_GUARD_FAILED: 0,
      HTTPD_GUARD_IDS: removed.slice(0, 50).join(' '),
    });
  },
);

void t.test('the entry names what could not be removed; no field is empty or has two lines', async (t) => {
  const entry = clearedEntry(
    { removed: [], kept: [], failed: [{ id: 1, error: 'EPERM\nPRIORITY=0' }] },
    null,
    'clean',
  );
  t.match(entry, { PRIORITY: 3, HTTPD_GUARD_UNIT: '-', HTTPD_GUARD_FAILED: 1, HTTPD_GUARD_IDS: '-' });
  for (const value of Object.values(entry)) t.match(String(value), /^.+$/);
});

void t.test('the catalog explains every MESSAGE_ID with fields that exist', async (t) => {
  const catalog = readFileSync('units/httpd-guard.catalog', 'utf8');
  for (const id of Object.values(MESSAGE_ID)) t.match(catalog, `\n-- ${id}\nSubject: `);
  const text = catalog.split(MESSAGE_ID.cleared)[1]?.split('\n-- ')[0] ?? '';
  const fields = clearedEntry({ removed: [1], kept: [], failed: [] }, null, 'clean');
  for (const [, field = ''] of text.matchAll(/@(\w+)@/g)) t.ok(field in fields, field);
});
