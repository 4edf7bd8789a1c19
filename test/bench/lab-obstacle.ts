import { spawnSync } from 'node:child_process';

const TOOLS = ['systemd-nspawn', 'debootstrap'];

/** What keeps the lab from working here, as scripts/setup tells it; null when nothing does. */
export function labObstacle(repository: string): string | null {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', '. scripts/setup; lab_obstacle'], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (status !== 0) return `scripts/setup failed: ${stderr.trim()}`;
  if (stdout !== '') return stdout.trim();
  const missing = TOOLS.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  return missing.length === 0
    ? null
    : `${missing.join(' and ')} missing; scripts/test installs what it needs`;
}
