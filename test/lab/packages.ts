import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Lab } from './lab.ts';

/** Where a package brings its Node to. */
export const OWN_NODE = '/usr/lib/httpd-guard/bin/node';
/** A version to upgrade to. */
export const NEXT = '99.0.0';
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
  const target = join(lab.root, 'root/one');
  await copyFiles(target, needed);
}

/** Copies what is built from, with these of its packages. */
async function copyFiles(target: string, packages: readonly string[]): Promise<void> {
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
  await execa('mkdir', ['-p', target]);
  await execa('sh', [
    '-c',
    'cd "$1" && shift && target=$1 && shift && tar -cf - "$@" | tar -xf - --no-same-owner -C "$target"',
    'sh',
    REPOSITORY,
    target,
    ...ours,
    ...packages,
  ]);
}

/** Builds both packages without a Node of their own of a copy into a folder of the lab. */
export async function buildPackages(lab: Lab, copy: string, out: string): Promise<void> {
  const { exitCode, stdout, stderr } = await lab.run(
    ...(['env', 'SOURCE_DATE_EPOCH=1790000000', `/root/${copy}/scripts/package`] as const),
    '--system-node',
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

/** All files with owner and mode, what those in /etc and the catalog hold, and the units; without logs and what dpkg and man-db keep for themselves. */
export async function state(lab: Lab): Promise<string> {
  return lab.sh(`
    find / -xdev \\( -path /root -o -path /tmp -o -path /var/log -o -path /var/cache/man -o -path /var/lib/dpkg \\) -prune -o -printf '%p %y %m %u %g %l\\n' | sort
    find /etc /var/lib/systemd/catalog -xdev -type f ! -name '*-' -exec sha256sum {} + | sort -k 2
    systemctl cat apache2; systemctl list-unit-files --no-legend | grep -E 'httpd|apache'`);
}

/** Lines that only one of both has. */
export function difference(before: string, after: string): string[] {
  const [old, young] = [before, after].map((text) => new Set(text.split('\n'))) as [Set<string>, Set<string>];
  return [
    ...[...old].filter((line) => !young.has(line)).map((line) => `- ${line}`),
    ...[...young].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}

/**
 * Builds the packages with a Node of their own on this machine, from a copy of the checkout with another version, since a build
 * replaces dist. Hardly compressed, which takes seconds instead of minutes.
 */
export async function buildWithNode(folder: string, arch: 'x64' | 'arm64', version?: string): Promise<void> {
  const copy = join(folder, `${arch}-${version ?? 'current'}`);
  await copyFiles(copy, []);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  if (version !== undefined) {
    const path = join(copy, 'package.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"version": "[^"]+"/, `"version": "${version}"`));
  }
  await execa(join(copy, 'scripts/package'), ['--require-all', '--arch', arch, '--out', folder], {
    env: { SOURCE_DATE_EPOCH: '1790000000', HTTPD_GUARD_XZ_LEVEL: '0' },
  });
  rmSync(copy, { recursive: true });
}

type Names = Record<'deb' | 'rpm' | 'tarball', string>;

/** Builds the packages of this version and of the next one into a folder and the lab's /root/out, and leaves no Node there. */
export async function bringOwnNode(
  lab: Lab,
  folder: string,
): Promise<{ version: string; current: Names; next: Names }> {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    version: string;
  };
  await buildWithNode(folder, 'x64');
  await buildWithNode(folder, 'x64', NEXT);
  const names = (v: string): Names => ({
    deb: `httpd-guard_${v}-1_amd64.deb`,
    rpm: `httpd-guard-${v}-1.x86_64.rpm`,
    tarball: `httpd-guard-${v}-linux-x64.tar.xz`,
  });
  const [current, next] = [names(version), names(NEXT)];
  await mkdir(join(lab.root, 'root/out'));
  for (const name of [...Object.values(current), ...Object.values(next)])
    await copyFile(join(folder, name), join(lab.root, 'root/out', name));
  await removeNode(lab);
  await bringXz(lab);
  return { version, current, next };
}

/** As on a server: the lab's Nodes are for tests of the sources. */
export async function removeNode(lab: Lab): Promise<void> {
  await lab.sh('rm -r /usr/local/bin/node /opt/node-*; ! command -v node');
}

/** A prerequisite of the tarball that the smallest Debian lacks; its program is enough. */
export async function bringXz(lab: Lab): Promise<void> {
  if (!existsSync(join(lab.root, 'usr/bin/xz'))) await copyFile('/usr/bin/xz', join(lab.root, 'usr/bin/xz'));
}
