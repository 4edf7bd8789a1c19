import t from 'tap';
import { HISTORY_FIELDS, HISTORY_MATCHES, parseHistoryEntry } from '../../../src/core/logs/history-entry.ts';
import { MESSAGE_ID } from '../../../src/core/message-ids.ts';

const line = (fields: object): string =>
  JSON.stringify({
    __REALTIME_TIMESTAMP: '1772366400123456',
    _UID: '0',
    MESSAGE_ID: MESSAGE_ID.cleared,
    MESSAGE: 'removed 2 semaphore sets leaked by a killed httpd',
    HTTPD_GUARD_UNIT: 'apache2.service',
    ...fields,
  });

void t.test('a removal with its figures', async (t) => {
  const figures = {
    HTTPD_GUARD_COMMAND: 'pre-start',
    HTTPD_GUARD_REMOVED: '2',
    HTTPD_GUARD_FAILED: '0',
    HTTPD_GUARD_IDS: '0 32769',
  };
  t.strictSame(parseHistoryEntry(line(figures)), {
    atMs: 1_772_366_400_123,
    unit: 'apache2.service',
    did: 'cleared',
    cause: null,
    sentence: 'removed 2 semaphore sets leaked by a killed httpd',
    figures: { command: 'pre-start', removed: 2, failed: 0, ids: [0, 32769] },
  });
});

void t.test('every MESSAGE_ID of ours is requested and has an action', async (t) => {
  const deeds = Object.values(MESSAGE_ID).map((id) => parseHistoryEntry(line({ MESSAGE_ID: id }))?.did);
  t.strictSame(new Set(deeds), new Set(['explained', 'recovered', 'failed', 'gave-up', 'cleared', 'lost']));
  for (const id of Object.values(MESSAGE_ID)) t.ok(HISTORY_MATCHES.includes(`MESSAGE_ID=${id}`));
  t.ok(HISTORY_MATCHES.includes('_UID=0'));
  t.ok(HISTORY_FIELDS.includes('_UID'), 'what is not asked for would not be there to check');
});

void t.test('a figure that was unknown when the entry was written is null', async (t) => {
  const explained = {
    MESSAGE_ID: MESSAGE_ID.cause,
    HTTPD_GUARD_CAUSE: 'semaphore-leak',
    HTTPD_GUARD_SETS_USED: 'unknown',
    HTTPD_GUARD_SETS_MAX: '128',
    HTTPD_GUARD_ORPHANS: '3',
    HTTPD_GUARD_LINE: '-',
  };
  t.match(parseHistoryEntry(line(explained)), {
    did: 'explained',
    cause: 'semaphore-leak',
    figures: { setsUsed: null, setsMax: 128, orphans: 3, line: null },
  });
});

void t.test('only entries written by root are accepted', async (t) => {
  for (const uid of ['33', '65534', '', '00', 0, null, ['0', '33'], undefined])
    t.equal(parseHistoryEntry(line({ _UID: uid })), null, JSON.stringify(uid));
});

void t.test('entries of other programs are skipped', async (t) => {
  const others = [{ MESSAGE_ID: 'x' }, { MESSAGE_ID: 'toString' }, { __REALTIME_TIMESTAMP: 'soon' }];
  for (const one of ['', '{', 'null', '1', '"x"', '[]', '{}', ...others.map(line)])
    t.equal(parseHistoryEntry(one), null, one);
});

void t.test('unusual field types', async (t) => {
  t.equal(parseHistoryEntry(line({ MESSAGE: [27, 91] }))?.sentence, '\u001b[', 'bytes');
  t.equal(parseHistoryEntry(line({ HTTPD_GUARD_UNIT: '-' }))?.unit, null);
  t.match(parseHistoryEntry(line({ HTTPD_GUARD_REMOVED: '-1', HTTPD_GUARD_IDS: 'x 5 -' }))?.figures, {
    removed: null,
    ids: [5],
  });
});
