import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { useForeignFile } from '../../../src/host/files/foreign-file.ts';

const text = (path: string, links: 'links' | 'no links' = 'no links'): string =>
  useForeignFile(path, links, (fd) => readFileSync(fd, 'utf8'));

void t.test('a regular file is read; a link only where links are followed', async (t) => {
  const folder = t.testdir({ file: 'text' });
  symlinkSync('file', join(folder, 'link'));
  symlinkSync('/dev/null', join(folder, 'masked'));
  t.equal(text(join(folder, 'file')), 'text');
  t.throws(() => text(join(folder, 'link')), { code: 'ELOOP' });
  t.equal(text(join(folder, 'link'), 'links'), 'text');
  t.equal(text(join(folder, 'masked'), 'links'), '', 'a link to /dev/null is an empty file');
  t.throws(() => text(join(folder, 'none')), { code: 'ENOENT' });
});

void t.test('a pipe, a folder and a device are refused at once', async (t) => {
  const folder = t.testdir();
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const path of [join(folder, 'pipe'), folder, '/dev/zero'])
    t.throws(() => text(path, 'links'), /not a regular file/, path);
});
