import { Apache } from '../lab/apache.ts';
import type { Lab } from '../lab/lab.ts';
import { median } from './measure.ts';
import { type Target, ms, ratio, table } from './report.ts';

const REPETITIONS = 5;
const MOST_MS = 5_000;

/** How long it takes from "httpd-guard install" until httpd is guarded and watched, on a host that knows nothing of it. */
export async function benchInstalling(lab: Lab): Promise<Target[]> {
  await Apache.setUp(lab);
  await lab.installGuard();
  const nodes: number[] = [];
  const installs: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    nodes.push(await timed(lab, 'node', '-e', '0'));
    installs.push(await timed(lab, 'httpd-guard', 'install'));
    await lab.sh('systemctl is-active -q httpd-guard-watch; httpd-guard uninstall');
  }
  const worst = Math.max(...installs);
  process.stdout.write(
    table(
      ['until it is guarded', 'median', 'worst', 'x node -e 0'],
      [['httpd-guard install', ms(median(installs)), ms(worst), ratio(median(installs) / median(nodes))]],
    ),
  );
  return [
    { what: `install: guarded in at most ${ms(MOST_MS)}, each time`, saw: ms(worst), met: worst <= MOST_MS },
  ];
}

/** In milliseconds, what it takes to get into the lab included. */
async function timed(lab: Lab, file: string, ...args: string[]): Promise<number> {
  const began = performance.now();
  const { exitCode, stderr } = await lab.run(file, ...args);
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}: ${stderr}`);
  return performance.now() - began;
}
