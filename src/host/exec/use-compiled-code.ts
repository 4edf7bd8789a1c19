import Module from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import { readCompiled } from './compiled-code.ts';

/** What a bundle is called with (nodejs.org: "The module wrapper"). */
type Wrapped = (
  this: unknown,
  exports: unknown,
  require: (id: string) => unknown,
  module: Module,
  file: string,
  folder: string,
) => unknown;

interface Compiling {
  _compile: (this: Module, source: string, file: string) => unknown;
}

/** The text of a bundle as a function. */
export function wrapped(source: string): string {
  return `(function (exports, require, module, __filename, __dirname) { ${source}\n})`;
}

/**
 * From now on bundles are loaded with the code that compile-bundles.ts compiled from them; the rest is compiled as always. V8 refuses
 * code of another version or with other options, and then compiles.
 */
export function useCompiledCode(): void {
  const prototype = Module.prototype as unknown as Compiling;
  const compile = prototype._compile;
  prototype._compile = function (source, file) {
    const cachedData = readCompiled(file, source);
    if (cachedData === null) return compile.call(this, source, file);
    const script = new Script(wrapped(source), { filename: file, cachedData });
    const run = script.runInThisContext() as Wrapped;
    return run.call(
      this.exports,
      this.exports,
      (id) => this.require(id) as unknown,
      this,
      file,
      dirname(file),
    );
  };
}
