import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Apache } from '../lab/apache.ts';
import type { Lab } from '../lab/lab.ts';
import { bringXz, removeNode } from '../lab/packages.ts';
import { median } from './measure.ts';
import { type Target, mib, ms, table } from './report.ts';

const PACKAGE = fileURLToPath(new URL('../../scripts/package', import.meta.url));
const REPETITIONS = 3;
const MOST_MS = 5_000;
const MOST_MIB = 28;
const IS_WATCHED = 'systemctl is-active -q httpd-guard-watch';

/** How large the packages with their own Node are, and how long it takes from the file until httpd is guarded and watched. */
export async function benchPackaging(lab: Lab): Promise<Target[]> {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-bench-packages-'));
  try {
    await execa(PACKAGE, ['--arch', process.arch, '--out', folder]);
    const files = readdirSync(folder).map((name) => ({
      name,
      mib: statSync(join(folder, name)).size / 1024 / 1024,
    }));
    for (const { name } of files) copyFileSync(join(folder, name), join(lab.root, 'root', name));
    await prepare(lab);
    const rows: { name: string; mib: number; took: number[] }[] = [];
    for (const { name, mib } of files) rows.push({ name, mib, took: await timeInstalls(lab, name) });
    return report(rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function prepare(lab: Lab): Promise<void> {
  const apache = await Apache.setUp(lab);
  await removeNode(lab);
  await bringXz(lab);
  await lab.sh('SYSTEMCTL_SKIP_SYSV=1 systemctl enable -q apache2');
  await apache.start();
}

/** Not of an .rpm, which no Debian installs. */
async function timeInstalls(lab: Lab, name: string): Promise<number[]> {
  const folder = name.replace('.tar.xz', '');
  const commands = new Map([
    [
      'xz',
      {
        install: `tar -xf ${name} && ${folder}/scripts/install.sh && httpd-guard install`,
        remove: `httpd-guard uninstall && ${folder}/scripts/uninstall.sh && rm -r ${folder}`,
      },
    ],
    ['deb', { install: `dpkg -i ${name}`, remove: 'dpkg -P httpd-guard' }],
  ]).get(name.split('.').at(-1) ?? '');
  const took: number[] = [];
  if (commands === undefined) return took;
  for (let i = 0; i < REPETITIONS; i++) {
    const began = performance.now();
    await lab.sh(`cd /root && ${commands.install} && ${IS_WATCHED}`);
    took.push(performance.now() - began);
    await lab.sh(`cd /root && ${commands.remove}`);
  }
  return took;
}

function report(rows: readonly { name: string; mib: number; took: readonly number[] }[]): Target[] {
  const time = (took: readonly number[], of: (took: readonly number[]) => number): string =>
    took.length === 0 ? '' : ms(of(took));
  process.stdout.write(
    table(
      ['from the file until it is guarded and watched', 'size', 'median', 'worst'],
      rows.map(({ name, mib: size, took }) => [
        name,
        mib(size),
        time(took, median),
        time(took, (times) => Math.max(...times)),
      ]),
    ),
  );
  const largest = Math.max(...rows.map((row) => row.mib));
  const slowest = Math.max(...rows.flatMap(({ took }) => took));
  return [
    { what: `packages: at most ${mib(MOST_MIB)} each`, saw: mib(largest), met: largest <= MOST_MIB },
    {
      what: `packages: from the file to guarded and watched in at most ${ms(MOST_MS)}, each time`,
      saw: ms(slowest),
      met: slowest <= MOST_MS,
    },
  ];
}
