import t from 'tap';
import { counted } from '../../../src/core/text/counted.ts';

void t.test('a number and its noun agree', async (t) => {
  t.equal(counted(0, 'set'), '0 sets');
  t.equal(counted(1, 'set'), '1 set');
  t.equal(counted(2, 'semaphore set'), '2 semaphore sets');
});
