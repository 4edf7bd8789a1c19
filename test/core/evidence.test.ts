import t from 'tap';
import { RULES } from '../../src/core/evidence.ts';

void t.test('the name of each rule is unique and a word of its own in JSON', async (t) => {
  t.equal(new Set(RULES).size, RULES.length);
  for (const rule of RULES) t.match(rule, /^[a-z]+(-[a-z]+)*$/);
});
