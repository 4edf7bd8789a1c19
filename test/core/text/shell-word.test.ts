import { spawnSync } from 'node:child_process';
import t from 'tap';
import { shellWord } from '../../../src/core/text/shell-word.ts';

void t.test('sh reads each word as it was', async (t) => {
  t.equal(shellWord('apache2@b.service'), 'apache2@b.service');
  for (const word of ['/run/a b.pid', 'a\\x2db.service', "it's", '$(id)', '`id`', 'a;b', '~', '*', ''])
    t.equal(spawnSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }).stdout, word, word);
});
