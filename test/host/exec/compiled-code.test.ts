import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { compiledPath, packCompiled, unpackCompiled } from '../../../src/host/exec/compiled-code.ts';

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));
const SOURCE = 'exports.a = "ä";';

void t.test('compiled code is used for its own source alone, and only if it is intact', async (t) => {
  const code = Buffer.from('what V8 compiled');
  const packed = packCompiled({ source: SOURCE, code });
  t.strictSame(unpackCompiled(packed, SOURCE), code);
  t.equal(unpackCompiled(packed, SOURCE.replace('a', 'b')), null, 'another source of the same length');
  for (let at = 0; at < packed.length; at++) {
    const damaged = Buffer.from(packed);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    if (unpackCompiled(damaged, SOURCE) !== null) t.fail(`damage at byte ${at} is not noticed`);
    if (unpackCompiled(packed.subarray(0, at), SOURCE) !== null) t.fail(`torn at byte ${at}`);
  }
});

void t.test('a command is the same with compiled code, with damaged one, and with none', async (t) => {
  const folder = t.testdir();
  cpSync(DIST, folder, {
    recursive: true,
    filter: (path) => path === DIST || path.endsWith('.cjs'),
  });
  const program = join(folder, 'httpd-guard.cjs');
  const help = (): string => execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
  const none = help();
  execFileSync(process.execPath, [join(folder, 'compile-bundles.cjs')]);
  const compiled = readdirSync(folder).filter((name) => name.endsWith('.compiled'));
  t.ok(compiled.includes(compiledPath('cli.cjs')));
  t.ok(compiled.includes(compiledPath('commands-pre-start.cjs')));
  t.equal(help(), none);
  for (const name of compiled) {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    bytes.fill(0, bytes.length - 100);
    writeFileSync(path, bytes);
  }
  t.equal(help(), none);
});

void t.test('the code that is used is that of the file', async (t) => {
  const folder = t.testdir();
  cpSync(join(DIST, 'httpd-guard.cjs'), join(folder, 'httpd-guard.cjs'));
  cpSync(join(DIST, 'compile-bundles.cjs'), join(folder, 'compile-bundles.cjs'));
  const cli = (word: string): void => {
    writeFileSync(join(folder, 'cli.cjs'), `exports.cli = async () => (process.stdout.write("${word}"), 0);`);
  };
  const run = (): string =>
    execFileSync(process.execPath, [join(folder, 'httpd-guard.cjs'), 'check'], { encoding: 'utf8' });
  cli('one');
  execFileSync(process.execPath, [join(folder, 'compile-bundles.cjs')]);
  t.equal(run(), 'one');
  cli('two');
  t.equal(run(), 'two', 'not what was compiled before, although it has the same length');
});
