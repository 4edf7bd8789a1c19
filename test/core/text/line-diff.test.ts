import t from 'tap';
import { lineDiff } from '../../../src/core/text/line-diff.ts';

void t.test('the diff of a new, a changed and an unchanged file', async (t) => {
  t.strictSame(lineDiff('/a', null, 'x\ny\n'), ['--- /dev/null', '+++ /a', '@@ -0,0 +1,2 @@', '+x', '+y']);
  t.strictSame(lineDiff('/a', '1\n2\n3\n4\n5\n6\n7\n8\n', '1\n2\n3\n4\nfive\n6\n7\n8\n'), [
    '--- /a',
    '+++ /a',
    '@@ -2,7 +2,7 @@',
    ' 2',
    ' 3',
    ' 4',
    '-5',
    '+five',
    ' 6',
    ' 7',
    ' 8',
  ]);
  t.strictSame(lineDiff('/a', 'x\n', 'x\n'), []);
});

void t.test('applying the diff to the old text gives the new text', async (t) => {
  const texts = [
    '',
    'a\n',
    'a\nb\n',
    'b\na\n',
    'a\na\na\n',
    '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    '1\n2\n3\n9\n',
    '9\n',
  ];
  for (const before of texts)
    for (const after of texts) {
      const [, , hunk, ...lines] = lineDiff('f', before, after);
      t.equal(
        hunk === undefined ? before : patched(before, hunk, lines),
        after,
        JSON.stringify([before, after]),
      );
    }
});

function patched(before: string, hunk: string, lines: string[]): string {
  const [first = 0, count = 0, , come] = (hunk.match(/\d+/g) ?? []).map(Number);
  const old = before.split('\n').slice(0, -1);
  const at = count === 0 ? first : first - 1;
  const gone = lines.filter((line) => !line.startsWith('+')).map((line) => line.slice(1));
  const fresh = lines.filter((line) => !line.startsWith('-')).map((line) => line.slice(1));
  if (gone.join('\n') !== old.slice(at, at + count).join('\n') || fresh.length !== come)
    return 'does not fit';
  return [...old.slice(0, at), ...fresh, ...old.slice(at + count), ''].join('\n');
}
