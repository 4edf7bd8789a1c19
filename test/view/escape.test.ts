import t from 'tap';
import { escape } from '../../src/view/escape.ts';

void t.test(
  'what could move the cursor, hide or reorder text, or forge a line is shown instead',
  async (t) => {
    const cases: [string, string][] = [
      ['', ''],
      ['\n', '\\x0a'],
      ['\r\n\t\0', '\\x0d\\x0a\\x09\\x00'],
      ['\u001b[31mred', '\\x1b[31mred'],
      ['\u007f\u0080\u009b2J\u009f', '\\x7f\\x80\\x9b2J\\x9f'],
      ['a\u202eb\u202c\u202a\u202d', 'a\\u{202e}b\\u{202c}\\u{202a}\\u{202d}'],
      ['\u2066\u2067\u2068\u2069', '\\u{2066}\\u{2067}\\u{2068}\\u{2069}'],
      ['\u200b\u200e\u200f\u2060\ufeff', '\\u{200b}\\u{200e}\\u{200f}\\u{2060}\\u{feff}'],
      ['\u2028\u2029', '\\u{2028}\\u{2029}'],
      ['\u00ad\u061c\u180e', '\\xad\\u{61c}\\u{180e}'],
      ['\u{e0041}\u{1d173}', '\\u{e0041}\\u{1d173}'],
      ['\ud800', '\\u{d800}'],
      ['x\udfffy', 'x\\u{dfff}y'],
      ['\ude00\ud83d', '\\u{de00}\\u{d83d}'],
    ];
    for (const [text, shown] of cases) t.equal(escape(text), shown);
  },
);

void t.test('ordinary text is unchanged', async (t) => {
  for (const text of ['httpd.service', 'a b’c', 'Äpfel', '日本', '\u{1f600}', '\u00a0', '"\\$`|', 'עברית'])
    t.equal(escape(text), text);
});

void t.test('no input leaves an unsafe character', async (t) => {
  for (let code = 0; code < 0x11000; code += 1) {
    const character = String.fromCodePoint(code);
    const shown = escape(`a${character}`);
    if (/\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/u.test(shown)) t.fail(`U+${code.toString(16)} gets through`);
  }
  t.pass();
});
