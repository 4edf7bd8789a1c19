import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { removeTree } from '../../../src/host/files/remove-tree.ts';

void t.test('a directory is removed with everything in it, and links are not followed', async (t) => {
  const folder = t.testdir({
    kept: { file: 'text' },
    removed: { file: '', folder: { file: '' }, link: t.fixture('symlink', '../kept') },
  });
  removeTree(`${folder}/removed`);
  t.notOk(existsSync(`${folder}/removed`));
  t.equal(readFileSync(`${folder}/kept/file`, 'utf8'), 'text');
  removeTree(`${folder}/removed`);
});
