import t from 'tap';
import { inspectByIpcs, parseIpcs } from '../../../src/host/sysvipc/inspect-by-ipcs.ts';
import { steadyMs } from '../../../src/host/exec/steady-ms.ts';

const IPCS = `
Semaphore Array semid=3
uid=33\t gid=33\t cuid=0\t cgid=0
mode=0600, access_perms=0600
nsems = 1
otime = Not set
ctime = Fri Nov 20 23:03:14 2026
semnum     value      ncount     zcount     pid
0          1          2          1          812

`;

void t.test('the row of ipcs has the last user and the waiters', async (t) => {
  t.strictSame(parseIpcs(IPCS), { known: true, value: { lastPid: 812, waiters: 3 } });
  for (const text of ['', IPCS.replace('semnum', 'other'), IPCS.replace(' 812', ' ?')])
    t.match(parseIpcs(text), { known: false });
});

void t.test('sets are inspected for a third of the time, the rest is missing', async (t) => {
  const ids = Array.from({ length: 30 }, (_, i) => 2147483600 + i);
  const answers = await inspectByIpcs(ids, steadyMs() + 10_000);
  t.equal(answers.size, 30);
  t.match(answers.get(2147483600), { known: false, why: /^ipcs / });
  t.equal((await inspectByIpcs([0], steadyMs() - 1)).size, 0);
  const many = Array.from({ length: 5_000 }, (_, i) => i);
  const beganMs = steadyMs();
  const some = await inspectByIpcs(many, beganMs + 300);
  t.ok(some.size < many.length);
  t.ok(steadyMs() - beganMs < 2_000);
});
