import { build } from 'esbuild';

/**
 * All files of the project that `entry` can run, itself among them, as the bundler that builds the product sees them:
 * static and dynamic imports and re-exports, without what only types need. Paths are relative to `root`. A file whose
 * import the bundler cannot follow would be missed; the lint rule house/storeys allows literal imports only.
 */
export async function reach(entry: string, root = process.cwd()): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: 'nowhere',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs).sort();
}
