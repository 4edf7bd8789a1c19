import { type Fact, known } from '../../core/fact.ts';
import { type OomKiller, kernelKilled, oomdKilled } from '../../core/units/oom-killer.ts';
import { run } from '../exec/run.ts';

const MOST_LINES = 5_000;

/** A run of a unit that was killed. */
export interface KilledRun {
  unit: string;
  /** Its main process; 0 if systemd knew none. */
  mainPid: number;
  /** Wall clock, milliseconds. */
  beganMs: number;
}

/**
 * What killed a run since memory ran out, by the messages of the kernel (_TRANSPORT=kernel, which no program but root's can write),
 * of PID 1 and of systemd-oomd; null if they name nothing.
 */
export async function readOomKiller(
  { unit, mainPid, beganMs }: KilledRun,
  timeoutMs: number,
): Promise<Fact<OomKiller | null>> {
  const read = (...matches: string[]) =>
    run({
      file: 'journalctl',
      args: [
        '--system',
        '--quiet',
        '--output=cat',
        `--lines=${MOST_LINES}`,
        `--since=@${Math.floor(beganMs / 1000)}`,
        ...matches,
      ],
      timeoutMs,
    });
  const [ofKernel, ofSystemd] = await Promise.all([
    read('_TRANSPORT=kernel'),
    read('_PID=1', `UNIT=${unit}`, '+', '_SYSTEMD_UNIT=systemd-oomd.service'),
  ]);
  if (!ofKernel.known) return ofKernel;
  if (mainPid !== 0 && kernelKilled(ofKernel.value, mainPid)) return known('kernel');
  if (!ofSystemd.known) return ofSystemd;
  return known(oomdKilled(ofSystemd.value, unit) ? 'systemd-oomd' : null);
}
