import t from 'tap';
import { splitLine } from '../../../src/core/logs/line-parts.ts';

void t.test('a line with thousands of marks without a client is split all the same', async (t) => {
  const line = `${'[client '.repeat(20_000)}(28)No space left on device: AH00023: Couldn't create the mpm-accept mutex`;
  t.equal(splitLine(line).own.includes('AH00023'), false, 'what follows may be of a client');
});
