import t from 'tap';
import { inspectSets, parseIpcs } from '../../src/host/inspect-sets.ts';

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

void t.test('a set that is gone is unknown, and nobody is asked about none', async (t) => {
  t.match((await inspectSets([2147483647], performance.now() + 5_000)).get(2147483647), { known: false });
  t.equal((await inspectSets([], performance.now() + 5_000)).size, 0);
});
