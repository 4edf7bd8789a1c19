import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Lab, until } from './lab.ts';

/** The memory controller of version 1; version 2 limits a unit's own group, which only the lab's systemd could do. */
const CONTROLLER = '/sys/fs/cgroup/memory';

/** Whether this machine can limit the memory of a group of processes. */
export const hasMemoryController = existsSync(join(CONTROLLER, 'memory.limit_in_bytes'));

/** Has the kernel's OOM killer end the master of apache2.service: its processes get a group that allows no further page. */
export async function endByMemoryLimit(lab: Lab): Promise<void> {
  const group = join(CONTROLLER, `${basename(dirname(lab.root))}-memory`);
  if (!existsSync(group)) mkdirSync(group);
  const own = /^0::(.*)$/m.exec(readFileSync(`/proc/${lab.initPid}/cgroup`, 'utf8'))?.[1] ?? '';
  const top = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';
  const unit = join(top, dirname(own), 'system.slice/apache2.service/cgroup.procs');
  const pids = readFileSync(unit, 'utf8').trim().split('\n');
  for (const pid of pids) moveTo(group, pid);
  writeFileSync(join(group, 'memory.limit_in_bytes'), '0');
  const master = await lab.sh('cat /run/apache2/apache2.pid');
  await until('the OOM killer', async () => {
    // A reload needs memory.
    const { exitCode } = await lab.run('kill', '-USR1', master.trim());
    return exitCode === 0 ? null : true;
  });
}

/** The group can be removed once nobody is left in it. */
export function removeMemoryLimit(lab: Lab): void {
  try {
    rmdirSync(join(CONTROLLER, `${basename(dirname(lab.root))}-memory`));
  } catch {
    // None was made.
  }
}

function moveTo(group: string, pid: string): void {
  try {
    writeFileSync(join(group, 'cgroup.procs'), pid);
  } catch {
    // It has ended.
  }
}
