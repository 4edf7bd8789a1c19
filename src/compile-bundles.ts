// Compiles the bundles beside this one for the Node that runs it. A command is ready sooner by a sixth, since Node would otherwise
// compile them again at each start. Run by the build and by installers; without its results everything works the same.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { compiledPath, packCompiled } from './host/exec/compiled-code.ts';
import { wrapped } from './host/exec/use-compiled-code.ts';

const folder = import.meta.dirname;

const names = readdirSync(folder);
// One may be of a bundle that is gone.
for (const name of names) if (name.endsWith(compiledPath('.cjs'))) rmSync(join(folder, name));
for (const name of names) {
  if (!/^(cli|commands|host|workflows)\b.*\.cjs$/.test(name)) continue;
  const bundle = join(folder, name);
  const source = readFileSync(bundle, 'utf8');
  writeFileSync(compiledPath(bundle), packCompiled({ source, code: compile(source) }));
}

/** With every function in it, not only those that are called at once. The options are as before when the code is used. */
function compile(source: string): Buffer {
  setFlagsFromString('--no-lazy');
  const script = new Script(wrapped(source));
  setFlagsFromString('--lazy');
  return script.createCachedData();
}
