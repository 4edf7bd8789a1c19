import t from 'tap';
import { contradictingUid, likelyUid, workerUids } from '../../../src/core/httpd/worker-uids.ts';
import { set } from '../verdict/snapshot-builder.ts';

const process = (pid: number, ppid: number, uid: number, name = 'httpd') => ({
  pid,
  ppid,
  name,
  uids: [uid, uid, uid, uid],
});

void t.test('workers are children of a root process of the same name', async (t) => {
  const master = process(10, 1, 0);
  t.strictSame(workerUids([master, process(11, 10, 48), process(12, 10, 48)]), [48, 48]);
  t.strictSame(workerUids([master, process(11, 10, 0, 'rotatelogs'), process(12, 11, 7, 'gzip')]), []);
  t.strictSame(workerUids([master, process(11, 10, 48), process(12, 11, 5)]), [48], 'a CGI script is none');
  t.strictSame(workerUids([process(11, 1, 48), process(12, 11, 48)]), [], 'not without a master');
});

void t.test('workers contradict a user that none of them has', async (t) => {
  t.equal(contradictingUid(33, [48, 48]), 48);
  t.equal(contradictingUid(48, [48, 5]), null, 'mod_wsgi has daemons of other users');
  t.equal(contradictingUid(33, [0, 48]), null, 'one that has not changed its user yet, or mpm_itk');
  t.equal(contradictingUid(33, []), null);
});

void t.test('the likely user is that of most workers, else of the only owner of sets', async (t) => {
  t.equal(likelyUid([48, 5, 48], [set({ uid: 33, cuid: 0 })]), 48);
  const sets = [set({ uid: 33, cuid: 0 }), set({ uid: 33, cuid: 0 })];
  t.equal(likelyUid([0], sets), 33);
  t.equal(likelyUid([], [...sets, set({ uid: 48, cuid: 0 })]), null, 'two owners point to none');
  t.equal(likelyUid([], [...sets, set({ uid: 48, cuid: 0, key: 5 }), set({ uid: 5, cuid: 5 })]), 33);
  t.equal(likelyUid([], [set({ uid: 0, cuid: 0 })]), null);
  t.equal(likelyUid([], []), null);
});
