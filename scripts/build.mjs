// Bundles src into dist. Code splitting keeps what a command does not use out of its start-up:
// a library behind `await import()` is a chunk of its own, read only when it is needed.
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const root = new URL('..', import.meta.url).pathname;

rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { 'httpd-guard': 'src/entry.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  minifySyntax: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // dbus-next asks for both only where they are installed: X11 autolaunch and fd passing, which a system bus needs neither of.
  external: ['x11', 'usocket'],
  define: { __VERSION__: JSON.stringify(version) },
  // dbus-next and execa's helpers are CommonJS and call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
for (const file of ['gate', '50-httpd-guard.conf'])
  copyFileSync(`${root}units/${file}`, `${root}dist/${file}`);
