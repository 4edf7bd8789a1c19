import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';

/** All that a file imports, and what that imports, types left out. */
function reach(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(
    /(?:^import (?!type )[^;]*?from |import\()'(\.[^']+)'/gm,
  );
  for (const [, path = ''] of imports) reach(join(dirname(file), path), seen);
  return seen;
}

const LOGS = /\/(read-run-log|error-log|lines-of-run|match-line|messages|follow-journal)\.ts$/;

void t.test('what has power reads no log: a recovery cannot even reach the code that does', async (t) => {
  const files = [...reach('src/workflows/recover.ts')];
  t.ok(files.includes('src/core/diagnosis/find-cause.ts'), 'the walk finds something');
  t.strictSame(
    files.filter((file) => LOGS.test(file)),
    [],
  );
});

void t.test(
  'what reads logs holds no power: the watcher cannot reach what removes, starts or kills',
  async (t) => {
    const files = [...reach('src/commands/watch.ts')];
    t.ok(files.includes('src/host/logs/follow-journal.ts'));
    t.strictSame(
      files.filter((file) => /\/(remove-[^/]*|terminate|semaphore-tool|recover)\.ts$/.test(file)),
      [],
    );
  },
);
