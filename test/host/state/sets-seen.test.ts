import { writeFileSync } from 'node:fs';
import t from 'tap';
import { forgetSetsSeen, keepSetsSeen, readSetsSeen } from '../../../src/host/state/sets-seen.ts';

void t.test('kept, read, forgotten; and never needed', async (t) => {
  const directory = t.testdir({});
  const seen = { sets: 3, mechanism: null, uid: 33, registered: null };
  t.equal(readSetsSeen('a.service', directory), null);
  keepSetsSeen('a.service', seen, directory);
  t.strictSame(readSetsSeen('a.service', directory), seen);
  writeFileSync(`${directory}/a.service.sets`, '{');
  t.equal(readSetsSeen('a.service', directory), null, 'torn');
  forgetSetsSeen('a.service', directory);
  t.equal(readSetsSeen('a.service', directory), null);
  keepSetsSeen('a.service', seen, `${directory}/a/b\0`);
});
