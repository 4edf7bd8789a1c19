import t from 'tap';
import { parseJournalEntry } from '../../../src/core/logs/journal-entry.ts';

const entry = (fields: object): string => JSON.stringify({ __CURSOR: 's=1;i=2', ...fields });

void t.test('a journal entry of a unit is parsed', async (t) => {
  t.strictSame(parseJournalEntry(entry({ MESSAGE: 'hello', _SYSTEMD_UNIT: 'apache2.service' })), {
    cursor: 's=1;i=2',
    unit: 'apache2.service',
    message: 'hello',
    endedUnit: null,
    exitedUnit: null,
  });
});

void t.test('a message that is binary, missing, too long or repeated', async (t) => {
  const message = (MESSAGE: unknown) => parseJournalEntry(entry({ MESSAGE }))?.message;
  t.equal(message([40, 50, 56, 41, 255]), '(28)\xff');
  t.equal(message(null), '');
  t.equal(message(undefined), '');
  t.equal(message(['first', 'second']), 'first');
  t.equal(message([null, 'second']), 'second');
  t.equal(message(Array(1e6).fill(65))?.length, 4096, 'bytes without end are cut');
});

void t.test('only entries of PID 1 report the end of a unit', async (t) => {
  const fields = { MESSAGE_ID: 'd9b373ed55a64feb8242e02dbe79a49c', UNIT: 'apache2.service' };
  t.equal(parseJournalEntry(entry({ ...fields, _PID: '1' }))?.endedUnit, 'apache2.service');
  t.equal(parseJournalEntry(entry({ ...fields, _PID: '77' }))?.endedUnit, null, 'forged');
  t.equal(parseJournalEntry(entry({ ...fields, _PID: '1', MESSAGE_ID: 'x' }))?.endedUnit, null);
  const exit = {
    UNIT: 'a.service',
    MESSAGE: 'a.service: Main process exited, code=exited, status=1/FAILURE',
  };
  t.match(parseJournalEntry(entry({ ...exit, _PID: '1' })), { exitedUnit: 'a.service', endedUnit: null });
  t.equal(parseJournalEntry(entry({ ...exit, _PID: '77' }))?.exitedUnit, null, 'forged');
});

void t.test('lines that are not journal entries', async (t) => {
  for (const line of ['', '{', 'null', '1', '"x"', '[]', '{}', '{"__CURSOR":1}'])
    t.equal(parseJournalEntry(line), null, line);
});
