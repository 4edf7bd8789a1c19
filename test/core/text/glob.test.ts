import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { matchesGlob } from '../../../src/core/text/glob.ts';

void t.test('patterns match as glob(7) says', async (t) => {
  const cases: [pattern: string, matching: string[], other: string[]][] = [
    ['a.conf', ['a.conf'], ['aXconf', 'a.conf2', 'ba.conf']],
    ['*.conf', ['a.conf', 'a b.conf', 'a\nb.conf'], ['.conf', '.a.conf', 'a.conf~']],
    ['.*', ['.a'], ['a']],
    ['a?c', ['abc', 'a.c', 'aéc'], ['ac', 'abbc']],
    ['[ab]*', ['a', 'bx'], ['c', 'A']],
    ['[a-c][!0-9]', ['bx'], ['b1', 'dx']],
    ['[^a]', ['b'], ['a']],
    ['[]a]', [']', 'a'], ['b']],
    ['[!]a]', ['b'], [']', 'a']],
    ['[[:digit:]x]', ['7', 'x'], ['a', ':']],
    ['[a', ['[a'], ['a']],
    ['a]', ['a]'], ['a']],
    ['\\*', ['*'], ['a', '\\*']],
    ['a+(b)$|{1}', ['a+(b)$|{1}'], ['aab']],
    ['[z-a]', [], ['a', 'm', 'z']],
    ['[[]', ['['], ['a']],
    ['*', ['a', 'a/b'], ['.a']],
    ['', [], ['a']],
  ];
  for (const [pattern, matching, other] of cases) {
    for (const name of matching) t.ok(matchesGlob(pattern, name), `${pattern} matches ${name}`);
    for (const name of other) t.notOk(matchesGlob(pattern, name), `${pattern} does not match ${name}`);
  }
});

void t.test('the same files as the shell finds', async (t) => {
  const names = ['a', 'b', 'ab', 'a.conf', 'b.conf', '.conf', '.a.conf', 'x1', 'x]', '[a', 'a-b', 'A', '!'];
  const folder = t.testdir();
  for (const name of names) writeFileSync(join(folder, name), '');
  const patterns = [
    '*',
    '.*',
    '?',
    '*.conf',
    '[ab]*',
    '[!ab]*',
    'x[]1]',
    '[[]*',
    '[a',
    'a[-.]*',
    '[[:upper:]]',
    '[!a-z]',
  ];
  for (const pattern of patterns) {
    const found = execFileSync(
      'sh',
      ['-c', `for f in ${pattern}; do [ -f "$f" ] && printf '%s\\n' "$f"; done; :`],
      {
        cwd: folder,
        env: { LC_ALL: 'C' },
        encoding: 'utf8',
      },
    );
    const ours = names.filter((name) => matchesGlob(pattern, name));
    t.strictSame(
      ours.sort(),
      found
        .split('\n')
        .filter((name) => name !== '')
        .sort(),
      pattern,
    );
  }
});
