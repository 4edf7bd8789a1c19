import t from 'tap';
import { parseRunMessage } from '../../../src/core/logs/run-message.ts';

const fields = { __REALTIME_TIMESTAMP: '1795238458123456', SYSLOG_IDENTIFIER: 'apachectl' };

void t.test('each line of a message has the time of the journal and the program', async (t) => {
  const atMs = 1_795_238_458_123.456;
  t.strictSame(parseRunMessage(JSON.stringify({ ...fields, MESSAGE: 'one\ntwo' })), [
    { text: 'one', atMs, identifier: 'apachectl' },
    { text: 'two', atMs, identifier: 'apachectl' },
  ]);
  t.match(parseRunMessage(JSON.stringify({ ...fields, MESSAGE: [40, 50, 56, 41] })), [{ text: '(28)' }]);
});

void t.test('what is no message of httpd', async (t) => {
  for (const line of [
    '',
    '{',
    'null',
    '[]',
    JSON.stringify(fields),
    '{"MESSAGE":"x"}',
    JSON.stringify({ ...fields, SYSLOG_IDENTIFIER: 'httpd-guard', MESSAGE: 'it quotes a line' }),
    JSON.stringify({ ...fields, SYSLOG_IDENTIFIER: 'sh', MESSAGE: 'httpd-guard: nothing to remove' }),
    '{"MESSAGE":"x","__REALTIME_TIMESTAMP":"x"}',
  ])
    t.strictSame(parseRunMessage(line), [], line);
});
