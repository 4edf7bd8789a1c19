import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { readConfigFiles } from '../../../src/host/httpd/config-files.ts';

void t.test('plain files are read in order, all else is left out', async (t) => {
  const folder = t.testdir({ 'a.conf': 'Listen 80\n', 'b.conf': 'Listen 81\n', dir: {} });
  execFileSync('mkfifo', [`${folder}/pipe`]);
  const paths = ['a.conf', 'pipe', 'dir', 'none', 'b.conf'].map((name) => `${folder}/${name}`);
  t.strictSame(readConfigFiles(paths), ['Listen 80\n', '', '', '', 'Listen 81\n']);
});

void t.test('a list is read once, so that all who look at one answer of httpd see the same', async (t) => {
  const path = `${t.testdir({ 'a.conf': 'Listen 80\n' })}/a.conf`;
  const list = [path];
  t.strictSame(readConfigFiles(list), ['Listen 80\n']);
  writeFileSync(path, 'Listen 8080\n');
  t.strictSame(readConfigFiles(list), ['Listen 80\n']);
  t.strictSame(readConfigFiles([path]), ['Listen 8080\n'], 'of the next answer');
});
