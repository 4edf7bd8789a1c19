import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { whyEnvironmentUntrusted, unitEnvironment } from '../../../src/host/httpd/unit-environment.ts';
import { failedUnit } from '../../core/diagnosis/failure-builder.ts';

// Not t.testdir: the checkout may lie anywhere.
const FOLDER = '/run/httpd-guard-test-environment';
const isRoot = process.getuid?.() === 0;

void t.test('environment of the unit and of files that a pattern matches', async (t) => {
  const folder = t.testdir({ 'a.env': 'A=1\nB=1\n', 'b.env': 'B="2 3"\n', 'c.txt': 'B=9\n' });
  const environment = (...environmentFiles: string[]) =>
    Object.fromEntries(unitEnvironment(failedUnit({ environment: ['A=0'], environmentFiles })));
  t.strictSame(environment(), { A: '0' });
  t.strictSame(environment(`${folder}/a.env`, `${folder}/none`), { A: '1', B: '1' });
  t.strictSame(environment(`${folder}/*.env`), { A: '1', B: '2 3' });
  t.strictSame(environment(`${folder}/[!ab].tx?`), { A: '0', B: '9' });
  for (const strange of ['/nowhere/*', `${folder}/[`, '/nowhere*/a'])
    t.strictSame(environment(strange), { A: '0' });
});

void t.test('root runs no program that other users can write', { skip: !isRoot && 'not root' }, async (t) => {
  mkdirSync(`${FOLDER}/open`, { recursive: true });
  t.teardown(() => {
    rmSync(FOLDER, { recursive: true });
  });
  chmodSync(`${FOLDER}/open`, 0o777);
  for (const name of ['a', 'b']) writeFileSync(`${FOLDER}/${name}`, '');
  const files = (...environmentFiles: string[]) => whyEnvironmentUntrusted(failedUnit({ environmentFiles }));
  t.equal(files(`${FOLDER}/a`, `${FOLDER}/none`, `${FOLDER}/[a-c]`), null);
  t.match(
    files(`${FOLDER}/a`, `${FOLDER}/open/none`),
    /open\/none \(EnvironmentFile=\), but .*open is writable by other users/,
  );
  t.match(files(`${FOLDER}/open/*`), 'is writable by other users');
  t.match(files(`${FOLDER}/*/a`), 'it has a pattern in a folder name');
  chmodSync(`${FOLDER}/b`, 0o666);
  t.match(files(`${FOLDER}/?`), `${FOLDER}/b is writable by other users`);
});

void t.test("root does not load libraries of the unit's user", { skip: !isRoot && 'not root' }, async (t) => {
  const libraries = (variable: string, user = 'alice') =>
    whyEnvironmentUntrusted(failedUnit({ user, environment: [variable] }));
  mkdirSync(`${FOLDER}/open`, { recursive: true });
  t.teardown(() => {
    rmSync(FOLDER, { recursive: true });
  });
  chmodSync(`${FOLDER}/open`, 0o777);
  for (const variable of [
    'LD_LIBRARY_PATH=/usr/lib',
    'LD_PRELOAD=libx.so /usr/lib/y.so',
    `PATH=${FOLDER}/open`,
  ])
    t.equal(libraries(variable), null, variable);
  for (const variable of [
    `LD_LIBRARY_PATH=/usr/lib:${FOLDER}/open/lib`,
    'LD_LIBRARY_PATH=/usr/lib:',
    'LD_PRELOAD=lib/x.so',
    `LD_AUDIT=${FOLDER}/open/x.so`,
  ])
    t.match(libraries(variable), variable.slice(0, 8), variable);
  t.equal(libraries(`LD_LIBRARY_PATH=${FOLDER}/open`, ''), null, 'root’s httpd loads them as root anyway');
});
