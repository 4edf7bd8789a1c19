// Bundles src into dist. Each `await import()`, and each module that is loaded at its first call, becomes its own file, read
// only when it is needed, so that a command does not load what it does not use. CommonJS, because Node starts it faster.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { LOAD_AT_FIRST_CALL, loadAtFirstCall } from './load-at-first-call.mjs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const root = fileURLToPath(new URL('..', import.meta.url));
const bundles = new Map([
  ['httpd-guard', 'src/entry.ts'],
  ['compile-bundles', 'src/compile-bundles.ts'],
]);

/** With the folder, because names repeat: "commands-check". A package keeps its name. */
function bundleName(path) {
  const inSource = relative(`${root}src`, path);
  const inPackages = [...path.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name);
  return (inPackages.join('-') || inSource.replace(/\.ts$/, '')).replaceAll('/', '-');
}

const splitWhatIsLoadedLater = {
  name: 'split-what-is-loaded-later',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /./ }, async ({ path, kind, namespace, resolveDir, pluginData }) => {
      const isLater = kind === 'dynamic-import' || namespace === LOAD_AT_FIRST_CALL;
      if (!isLater || pluginData === 'resolved' || path.startsWith('node:')) return undefined;
      const found = await resolve(path, { kind, namespace, resolveDir, pluginData: 'resolved' });
      if (found.external || found.errors.length > 0) return found;
      const name = bundleName(found.path);
      bundles.set(name, found.path);
      return { path: `./${name}.cjs`, external: true };
    });
  },
};

rmSync(`${root}dist`, { recursive: true, force: true });
// Iterating a Map includes entries that are added meanwhile.
for (const [name, entry] of bundles) {
  await build({
    absWorkingDir: root,
    entryPoints: { [name]: entry },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minifySyntax: true,
    // V8 has a tenth less work to do before a command runs.
    minifyWhitespace: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    plugins: [splitWhatIsLoadedLater, loadAtFirstCall],
    supported: { 'dynamic-import': false },
    // Optional in dbus-next: X11 autolaunch and fd passing. The system bus needs neither.
    external: ['x11', 'usocket'],
    define: {
      __VERSION__: JSON.stringify(version),
      'import.meta.dirname': '__dirname',
      // yargs looks for its translations beside itself; only English is used.
      'import.meta.url': '"file:///"',
    },
    logLevel: 'warning',
  });
}
for (const file of readdirSync(`${root}units`)) copyFileSync(`${root}units/${file}`, `${root}dist/${file}`);
copyFileSync(`${root}src/host/sysvipc/semaphore-tool.pl`, `${root}dist/semaphore-tool.pl`);
execFileSync(process.execPath, [`${root}dist/compile-bundles.cjs`], { stdio: 'inherit' });
