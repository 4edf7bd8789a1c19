import t from 'tap';
import { isUnicodeTerminal } from '../../src/view/unicode.ts';

void t.test('only a terminal with a UTF-8 locale gets more than ASCII', async (t) => {
  t.ok(isUnicodeTerminal(true, { LANG: 'de_DE.UTF-8' }));
  t.ok(isUnicodeTerminal(true, { LC_ALL: '', LC_CTYPE: 'C.utf8', LANG: 'C' }));
  t.notOk(isUnicodeTerminal(false, { LANG: 'de_DE.UTF-8' }));
  t.notOk(isUnicodeTerminal(true, {}));
  t.notOk(isUnicodeTerminal(true, { LANG: 'C' }));
  t.notOk(isUnicodeTerminal(true, { LC_ALL: 'C', LANG: 'en_US.UTF-8' }), 'LC_ALL takes precedence');
});
