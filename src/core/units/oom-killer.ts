/** What ended a process since memory ran out. recorded: ExecStopPost= found it when the run ended. */
export type OomKiller = 'kernel' | 'systemd-oomd' | 'recorded';

/** Whether the kernel logged that its OOM killer ended this process, for the machine or for a control group (kernel: mm/oom_kill.c). */
export function kernelKilled(kernelLog: string, pid: number): boolean {
  return new RegExp(`out of memory: Killed process ${pid} \\(`, 'i').test(kernelLog);
}

/**
 * Whether systemd-oomd killed a unit's processes, by its own entries ("Killed /system.slice/UNIT due to memory pressure ...") or
 * those of PID 1 ("UNIT: systemd-oomd killed 7 process(es) in this unit."); systemd: oomd-manager.c, core/cgroup.c. Before 253
 * systemd reports that end as a signal.
 */
export function oomdKilled(log: string, unit: string): boolean {
  return log
    .split('\n')
    .some(
      (line) =>
        line.startsWith(`${unit}: systemd-oomd killed `) ||
        GROUP.exec(line)?.[1]?.endsWith(`/${unit}`) === true,
    );
}

const GROUP = /^Killed (\/\S{1,4096}) due to (?:memory|swap) /;
