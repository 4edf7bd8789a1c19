import t from 'tap';
import { RUN_OF_B } from '../../core/register/builder.ts';
import { lostEntry } from '../../../src/view/journal/lost-entry.ts';

const loss = { run: RUN_OF_B, ids: [3, 9], sinceMs: 7, isSure: true, isReported: false };

void t.test('the journal entry about lost sets', async (t) => {
  t.match(lostEntry(loss, []), {
    MESSAGE:
      /^apache2\.service lost 2 semaphore sets while it is running .*: systemctl restart apache2\.service$/,
    PRIORITY: 2,
    HTTPD_GUARD_LOST: 2,
    HTTPD_GUARD_IDS: '3 9',
    HTTPD_GUARD_SUSPECTS: '-',
  });
});

void t.test('what may have removed them is escaped and cut', async (t) => {
  const entry = lostEntry({ ...loss, ids: [3] }, ['a cron job\u001b[2J\n (/etc/x)', 'y'.repeat(1_000)]);
  t.match(entry['MESSAGE'], '. What may have removed it: a cron job\\x1b[2J\\x0a (/etc/x); yyy');
  t.equal(String(entry['HTTPD_GUARD_SUSPECTS']).split('; ')[1]?.length, 400);
});
