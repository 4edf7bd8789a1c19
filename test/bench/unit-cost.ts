import type { Lab } from '../lab/lab.ts';

/** What a process of a unit costs at the moment. */
export interface ProcessCost {
  pid: number;
  name: string;
  /** With every page that others map too. */
  rssMiB: number;
  /** Of a page that n map, an n-th part: only these can be added up. */
  pssMiB: number;
  /** How often its threads have gone to sleep so far, that is, were awake. */
  sleeps: number;
}

/** Of each process of a unit, the eldest first. */
export async function processesOf(lab: Lab, unit: string): Promise<ProcessCost[]> {
  const text = await lab.sh(`cd /proc
for pid in $(sort -n ${groupOf(unit)}/cgroup.procs); do
  echo pid $pid $(cat $pid/comm)
  grep -h -E '^(VmRSS|Pss):' $pid/status $pid/smaps_rollup
  cat $pid/task/*/status | grep ^voluntary
done`);
  return text
    .split(/^(?=pid )/m)
    .filter((block) => block !== '')
    .map((block) => {
      const [, pid, name] = /^pid (\d+) (.*)/.exec(block) ?? [];
      const sum = (field: string): number =>
        [...block.matchAll(new RegExp(`^${field}:\\s*(\\d+)`, 'gm'))].reduce(
          (all, [, n]) => all + Number(n),
          0,
        );
      return {
        pid: Number(pid),
        name: name ?? '',
        rssMiB: sum('VmRSS') / 1024,
        pssMiB: sum('Pss') / 1024,
        sleeps: sum('voluntary_ctxt_switches'),
      };
    });
}

/** User and system time of all processes that the unit has or had since its start, by the kernel's own account. */
export async function cpuMs(lab: Lab, unit: string): Promise<number> {
  const text = await lab.sh(`cat ${groupOf(unit)}/cpu.stat`);
  const [, usec] = /^usage_usec (\d+)/m.exec(text) ?? [];
  if (usec === undefined) throw new Error(`what ${unit} used cannot be told: ${text}`);
  return Number(usec) / 1000;
}

export function groupOf(unit: string): string {
  return `/sys/fs/cgroup/system.slice/${unit}`;
}
