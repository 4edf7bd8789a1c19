import t from 'tap';
import { byOwner, tableOwner } from '../../../src/core/limits/owners.ts';
import { set } from '../verdict/snapshot-builder.ts';

void t.test('owners are sorted by the number of their sets', async (t) => {
  const sets = [
    set({ uid: 26, nsems: 17 }),
    set({ uid: 33 }),
    set({ uid: 26, nsems: 17 }),
    set({ uid: 0, nsems: 3 }),
  ];
  t.strictSame(
    byOwner(sets).map(([uid, theirs]) => tableOwner(uid, theirs, uid === 26 ? 'postgres' : null)),
    [
      { uid: 26, user: 'postgres', product: 'PostgreSQL', sets: 2, semaphores: 34 },
      { uid: 0, user: null, product: null, sets: 1, semaphores: 3 },
      { uid: 33, user: null, product: null, sets: 1, semaphores: 1 },
    ],
  );
  t.strictSame(byOwner([]), []);
});
