import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Lab } from './lab.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** What scripts/package reads, without what only the tests need. */
export async function copyRepository(lab: Lab): Promise<void> {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const needed = Object.entries(lock.packages)
    .filter(
      ([path, { dev }]) =>
        path.startsWith('node_modules/') &&
        (dev !== true || path.includes('/esbuild') || path.includes('/@esbuild/')),
    )
    .map(([path]) => path)
    .filter((path) => existsSync(join(REPOSITORY, path)));
  const ours = [
    'src',
    'units',
    'scripts',
    'package.json',
    'package-lock.json',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    '.github',
  ];
  const target = join(lab.root, 'root/one');
  await execa('mkdir', ['-p', target]);
  await execa('sh', [
    '-c',
    'cd "$1" && shift && target=$1 && shift && tar -cf - "$@" | tar -xf - --no-same-owner -C "$target"',
    'sh',
    REPOSITORY,
    target,
    ...ours,
    ...needed,
  ]);
}

/** Builds both packages of a copy into a folder of the lab. */
export async function buildPackages(lab: Lab, copy: string, out: string): Promise<void> {
  const { exitCode, stdout, stderr } = await lab.run(
    ...(['env', 'SOURCE_DATE_EPOCH=1790000000', `/root/${copy}/scripts/package`] as const),
    '--require-all',
    '--out',
    out,
  );
  if (exitCode !== 0) throw new Error(`scripts/package ended with ${exitCode}: ${stdout}${stderr}`);
}

/** Debian 12's own nodejs is too old, so the lab's Node came without a package. */
export async function pretendNodejs(lab: Lab): Promise<void> {
  lab.write(
    'root/nodejs/DEBIAN/control',
    'Package: nodejs\nVersion: 20.20.2-1\nArchitecture: all\nMaintainer: lab <lab@lab.invalid>\nDescription: stands in\n',
  );
  await lab.sh(
    'mkdir -p /root/nodejs/usr/bin; ln -s /usr/local/bin/node /root/nodejs/usr/bin/node; dpkg-deb --build /root/nodejs /root/nodejs.deb; dpkg -i /root/nodejs.deb',
  );
}
