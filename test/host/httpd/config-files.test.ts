import { execFileSync } from 'node:child_process';
import t from 'tap';
import { readConfigFiles } from '../../../src/host/httpd/config-files.ts';

void t.test('plain files are read in order, all else is left out', async (t) => {
  const folder = t.testdir({ 'a.conf': 'Listen 80\n', 'b.conf': 'Listen 81\n', dir: {} });
  execFileSync('mkfifo', [`${folder}/pipe`]);
  const paths = ['a.conf', 'pipe', 'dir', 'none', 'b.conf'].map((name) => `${folder}/${name}`);
  t.strictSame(readConfigFiles(paths), ['Listen 80\n', '', '', '', 'Listen 81\n']);
});
