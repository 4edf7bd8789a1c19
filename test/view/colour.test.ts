import t from 'tap';
import { painter, wantsColour } from '../../src/view/colour.ts';

void t.test('colours are used on a terminal, unless NO_COLOR or TERM=dumb is set', async (t) => {
  const cases: [boolean, Record<string, string | undefined>, boolean][] = [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '0' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: undefined }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { TERM: 'xterm' }, true],
  ];
  for (const [isTerminal, environment, wants] of cases) t.equal(wantsColour(isTerminal, environment), wants);
});

void t.test('each colour is reset after its text', async (t) => {
  t.equal(painter(true)('red', 'x'), '\u001b[31mx\u001b[0m');
  t.equal(painter(true)('bold', 'x'), '\u001b[1mx\u001b[0m');
  t.equal(painter(false)('red', 'x'), 'x');
});
