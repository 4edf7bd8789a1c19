import t from 'tap';
import { differsFromMutex, differsFromOwner } from '../../../src/core/verdict/semaphore-set.ts';
import { UID, set } from './snapshot-builder.ts';

void t.test('a mutex has key 0, one semaphore and mode 0600', async (t) => {
  const cases: [Parameters<typeof set>[0], string | null][] = [
    [{}, null],
    [{ id: 0, otime: 5, ctime: 0, gid: 9, cgid: 9 }, null],
    [{ key: 0x63637069 }, 'key 0x63637069, not 0'],
    // The key column may print signed.
    [{ key: -1 }, 'key 0xffffffff, not 0'],
    [{ key: -2_147_483_648 }, 'key 0x80000000, not 0'],
    [{ nsems: 2 }, '2 semaphores, not 1'],
    [{ mode: 0o666 }, 'mode 0666, not 0600'],
    [{ mode: 0o1600 }, 'mode 01600, not 0600'],
    [{ mode: 0 }, 'mode 00, not 0600'],
  ];
  for (const [over, difference] of cases) t.equal(differsFromMutex(set(over)), difference);
});

void t.test('the owner uid of a mutex is User, the creator uid is the starter of httpd', async (t) => {
  const owner = { uid: UID, starterUid: 0 };
  t.equal(differsFromOwner(set(), owner), null);
  t.equal(differsFromOwner(set({ uid: 34 }), owner), 'owner uid 34, not 33');
  t.equal(differsFromOwner(set({ uid: 0 }), owner), 'owner uid 0, not 33');
  t.equal(differsFromOwner(set({ cuid: UID }), owner), 'creator uid 33, not 0');
  t.equal(differsFromOwner(set({ uid: 1000, cuid: 1000 }), { uid: 1000, starterUid: 1000 }), null);
});
