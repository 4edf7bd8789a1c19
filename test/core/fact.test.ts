import t from 'tap';
import { known, unknown, valueOrNull } from '../../src/core/fact.ts';

void t.test('an unread fact is null, never a default', async (t) => {
  t.equal(valueOrNull(known(0)), 0);
  t.equal(valueOrNull(unknown('no such file')), null);
});
