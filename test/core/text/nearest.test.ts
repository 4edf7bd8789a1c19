import t from 'tap';
import { nearest } from '../../../src/core/text/nearest.ts';

void t.test('the nearest name, or none if all are too different', async (t) => {
  const names = ['recover.reap', 'recover.settle', 'check.warn', 'unit'];
  for (const [misspelt, expected] of [
    ['recover.reep', 'recover.reap'],
    ['recover.setle', 'recover.settle'],
    ['chek.warn', 'check.warn'],
    ['units', 'unit'],
    ['untis', null],
    ['uint', 'unit'],
    ['recover.health', null],
    ['port', null],
    ['', null],
  ] as const)
    t.equal(nearest(misspelt, names), expected, misspelt);
});
