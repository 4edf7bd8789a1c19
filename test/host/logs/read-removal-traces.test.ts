import t from 'tap';
import { readAuditTraces, readJournalTraces } from '../../../src/host/logs/read-removal-traces.ts';

// The lab shows what they find (other-users, register): here the programs may be missing, and in 1970 nothing was logged.
const PERIOD = { fromMs: 0, toMs: 1_000 };

void t.test('nothing, and no error, without a journal, without auditd, or without time', async (t) => {
  for (const timeoutMs of [2_000, 1]) {
    t.strictSame(await readJournalTraces(PERIOD, timeoutMs), []);
    t.strictSame(await readAuditTraces([5], PERIOD, timeoutMs), []);
  }
});
