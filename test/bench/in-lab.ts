// What only a real systemd shows: install, recovery, and what the watcher costs. In containers of the lab, beside Debian's own
// programs for the same end. Run by bench.ts. Exit codes as there.
import { Lab } from '../lab/lab.ts';
import { benchAsking } from './asking.ts';
import { benchInstalling } from './installing.ts';
import { benchPackaging } from './packaging.ts';
import { benchRecovery } from './recovery.ts';
import { type Target, load, verdicts } from './report.ts';
import { benchWatching } from './watching.ts';

const PACKAGES = ['monit', 'fail2ban', 'python3-systemd'];

async function inLab(bench: (lab: Lab) => Promise<Target[]>): Promise<Target[]> {
  const lab = await Lab.boot(...PACKAGES);
  try {
    return await bench(lab);
  } finally {
    lab.end();
  }
}

process.stdout.write(`\nUnder a real systemd, with a real Apache (six minutes or so), ${load()}\n\n`);
try {
  const targets: Target[] = [];
  for (const bench of [benchAsking, benchInstalling, benchPackaging, benchRecovery, benchWatching])
    targets.push(...(await inLab(bench)));
  process.stdout.write(`${verdicts(targets)}at the end: ${load()}\n`);
  process.exitCode = targets.every(({ met }) => met) ? 0 : 1;
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
