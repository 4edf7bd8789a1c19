import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { canKnowSets, canOperateOnSets } from '../../../src/core/verdict/who-can-know.ts';
import { UID, master } from './snapshot-builder.ts';

const ROOTS = { uid: UID, starterUid: 0 };
const MES = { uid: 1000, starterUid: 1000 };
const process = (uid: number, startedAs: number | null): ReturnType<typeof master> =>
  master({
    uids: [uid, uid, uid, uid],
    startedAs: startedAs === null ? unknown('not read') : known([startedAs, startedAs]),
  });

void t.test('sets that root makes are known to processes of root and their forks', async (t) => {
  t.ok(canKnowSets(process(0, 0), ROOTS));
  t.ok(canKnowSets(process(0, 1000), ROOTS), 'it is root now');
  t.ok(canKnowSets(process(UID, 0), ROOTS), 'a worker');
  t.ok(canKnowSets(process(48, 0), ROOTS), 'a worker of another user (mpm-itk, mod_wsgi)');
  t.ok(canKnowSets(process(1000, null), ROOTS), 'its origin is unknown');
  t.notOk(canKnowSets(process(1000, 1000), ROOTS));
  t.notOk(canKnowSets(process(UID, UID), ROOTS), 'a program that a worker executed');
  const setUid = master({ uids: [1000, 1000, 1000, 1000], startedAs: known([1000, 0]) });
  t.ok(canKnowSets(setUid, ROOTS), 'a set-uid program');
});

void t.test('sets of an ordinary starter are known to its processes, and to those of root', async (t) => {
  t.ok(canKnowSets(process(1000, 1000), MES));
  t.ok(canKnowSets(process(1001, 1000), MES));
  t.ok(canKnowSets(process(1001, 0), MES));
  t.notOk(canKnowSets(process(1001, 1001), MES));
});

void t.test('only root, the owner and the creator can be the last user of a set', async (t) => {
  t.ok(canOperateOnSets(process(UID, UID), ROOTS), 'the owner may have learned the id');
  t.ok(canOperateOnSets(process(1000, 0), ROOTS));
  t.ok(canOperateOnSets(process(1000, null), ROOTS));
  t.notOk(canOperateOnSets(process(1000, 1000), ROOTS));
});
