import { type Fact, known } from '../../core/fact.ts';
import { run } from '../exec/run.ts';

const MOST_LINES = 5_000;

/**
 * Whether the kernel's OOM killer killed a process since a moment, by the kernel's own messages (_TRANSPORT=kernel, which no
 * program but root's can write; kernel: mm/oom_kill.c, __oom_kill_process: "Killed process PID (NAME)"). Its limits do not
 * matter: the machine's memory, or a control group's. `sinceMs`: wall clock, milliseconds.
 */
export async function wasOomKilled(pid: number, sinceMs: number, timeoutMs: number): Promise<Fact<boolean>> {
  const output = await run({
    file: 'journalctl',
    args: [
      '--system',
      '--quiet',
      '--output=cat',
      `--lines=${MOST_LINES}`,
      `--since=@${Math.floor(sinceMs / 1000)}`,
      '_TRANSPORT=kernel',
    ],
    timeoutMs,
  });
  if (!output.known) return output;
  return known(namesOomKill(output.value, pid));
}

/** Whether the kernel logged that its OOM killer ended this process, for the machine or for a control group. */
export function namesOomKill(text: string, pid: number): boolean {
  return new RegExp(`out of memory: Killed process ${pid} \\(`, 'i').test(text);
}
