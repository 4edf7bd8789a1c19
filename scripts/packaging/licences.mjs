// Prints every third-party package in dist with the text of its licence, as these licences require.
// esbuild names each bundled file in a comment.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = new Set();
for (const name of readdirSync(`${root}dist`).filter((name) => name.endsWith('.cjs')))
  for (const [, folder] of readFileSync(`${root}dist/${name}`, 'utf8').matchAll(
    /^ *\/\/ \S*?(node_modules\/(?:\S*\/node_modules\/)?(?:@[^/\s]+\/)?[^/\s]+)\//gm,
  ))
    folders.add(folder);

for (const folder of [...folders].sort()) {
  const { name, version, license } = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'));
  const file = readdirSync(root + folder).find((one) => /^(licen[cs]e|copying)/i.test(one));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(`${root}${folder}/${file}`, 'utf8');
  console.log(`${name} ${version}\n\n${text.trim()}\n\n`);
}
