import t from 'tap';
import { productOf } from '../../../src/core/limits/product.ts';
import { set } from '../verdict/snapshot-builder.ts';

void t.test('the product is guessed from the user or from the shape of the sets', async (t) => {
  t.equal(productOf('oracle', [set()]), 'Oracle Database');
  t.equal(productOf('www-data', [set({ key: 5, nsems: 3 }), set({ key: -6, nsems: 3 })]), 'PHP sem_get');
  t.equal(productOf('www-data', [set({ key: 5, nsems: 3 }), set()]), null, 'some are not');
  t.equal(productOf('www-data', []), null);
  t.equal(productOf(null, [set()]), null);
});
