import { type Fact, known, unknown } from '../../core/fact.ts';
import type { Inspection } from '../../core/verdict/snapshot.ts';
import { steadyMs } from '../exec/steady-ms.ts';
import { runTool } from '../exec/spawn-tool.ts';

export type Inspections = Map<number, Fact<Inspection>>;

/** The part of the time until the deadline that this may take: the removal, one run of ipcrm for all, needs less. */
const SHARE = 2 / 3;
const IPCS_AT_ONCE = 4;

/** Inspects sets one by one with ipcs(1), each in some milliseconds, for a part of the time. The result lacks the others. */
export async function inspectByIpcs(ids: readonly number[], deadlineMs: number): Promise<Inspections> {
  const answers: Inspections = new Map();
  const beganMs = steadyMs();
  const endMs = beganMs + (deadlineMs - beganMs) * SHARE;
  const queue = [...ids];
  const work = async (): Promise<void> => {
    for (let id = queue.pop(); id !== undefined && steadyMs() < endMs; id = queue.pop()) {
      const { stdout, failure } = await runTool(['ipcs', '-s', '-i', String(id)], endMs);
      answers.set(id, failure === null ? parseIpcs(stdout.toString()) : unknown(failure));
    }
  };
  await Promise.all(Array.from({ length: IPCS_AT_ONCE }, work));
  return answers;
}

/** Parses the row of the only semaphore: semnum, value, ncount, zcount, pid (util-linux: sys-utils/ipcs.c, print_sem). */
export function parseIpcs(text: string): Fact<Inspection> {
  const row = /^semnum +value +ncount +zcount +pid *\n0 +\d+ +(\d+) +(\d+) +(\d+) *$/m.exec(text);
  if (row === null) return unknown('ipcs showed no semaphore');
  return known({ waiters: Number(row[1]) + Number(row[2]), lastPid: Number(row[3]) });
}
