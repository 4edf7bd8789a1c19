import { writeFileSync } from 'node:fs';
import t from 'tap';
import { listMutexIds } from '../../../src/host/sysvipc/list-mutex-ids.ts';

void t.test('the ids of sets that look like mutexes', async (t) => {
  const path = `${t.testdir()}/sem`;
  writeFileSync(
    path,
    `       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime
         0          0   600          1    33    33     0     0          0 1795891942
         0      32811   600          1  1001  1001     0     0 1795891942 1795891942
      1234          2   600          1    33    33     0     0          0 1795891942
         0          3   666          1    33    33     0     0          0 1795891942
         0          4   600         17    33    33     0     0          0 1795891942
`,
  );
  t.strictSame(listMutexIds(path), new Set([0, 32_811]));
  t.equal(listMutexIds(`${path}.none`), null);
  t.ok(listMutexIds() instanceof Set, 'as any user');
});
