import t from 'tap';
import { Inspector, parseIpcs } from '../../src/host/inspect-sets.ts';

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

void t.test('ipcs’ row holds the last user and those who wait', async (t) => {
  t.strictSame(parseIpcs(IPCS), { known: true, value: { lastPid: 812, waiters: 3 } });
  for (const text of ['', IPCS.replace('semnum', 'other'), IPCS.replace(' 812', ' ?')])
    t.match(parseIpcs(text), { known: false });
});

void t.test('sets that are gone are unknown, and nobody is asked about none', async (t) => {
  const inspector = new Inspector(performance.now() + 5_000);
  inspector.ask([2147483646]);
  inspector.ask([]);
  inspector.ask([2147483647]);
  const answers = await inspector.answers();
  t.strictSame([...answers.keys()], [2147483646, 2147483647]);
  t.match(answers.get(2147483647), { known: false, why: 'the kernel does not tell who used it last' });
  t.equal((await new Inspector(performance.now() + 5_000).answers()).size, 0);
});

void t.test('with no time left nothing is known, and nothing is thrown', async (t) => {
  const inspector = new Inspector(performance.now() - 1);
  inspector.ask([0]);
  t.match((await inspector.answers()).get(0), { known: false, why: /no time was left/ });
});
