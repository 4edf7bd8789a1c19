import { spawnSync } from 'node:child_process';
import { statSync, symlinkSync, truncateSync, appendFileSync } from 'node:fs';
import t from 'tap';
import { known } from '../../../src/core/fact.ts';
import { readErrorLogEnd } from '../../../src/host/logs/error-log.ts';

void t.test('the end of a log is read if it was written to since', async (t) => {
  const file = `${t.testdir({ 'error.log': 'one\ntwo\n' })}/error.log`;
  const { mtimeMs } = statSync(file);
  t.strictSame(readErrorLogEnd(file, Date.now() - 60_000), known({ lines: ['one', 'two'], mtimeMs }));
  t.strictSame(readErrorLogEnd(file, Date.now() + 60_000), known({ lines: [], mtimeMs }), 'not written to');
});

void t.test('only the end of a large log is read', async (t) => {
  const file = `${t.testdir({ 'error.log': '' })}/error.log`;
  truncateSync(file, 20e9);
  appendFileSync(file, '\nlast\n');
  const lines = readErrorLogEnd(file, 0);
  t.match(lines, { known: true, value: { lines: ['last'] } });
});

void t.test('a link, a pipe, a folder, no file', async (t) => {
  const folder = t.testdir({ 'error.log': 'x\n', folder: {} });
  symlinkSync('error.log', `${folder}/link`);
  spawnSync('mkfifo', [`${folder}/pipe`]);
  for (const name of ['link', 'pipe', 'folder', 'none'])
    t.match(readErrorLogEnd(`${folder}/${name}`, 0), { known: false }, name);
});
