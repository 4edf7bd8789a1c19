import { type Fact, known, unknown } from '../core/fact.ts';
import type { Inspection } from '../core/snapshot.ts';
import { spawnTool } from './spawn-tool.ts';

// semctl(2) has no file in /proc, so a tool must ask for us. Measured on 32,000 sets: perl's own semctl answers for all in
// one run of 75 ms; `ipcs -s -i`, which reads the whole table for each set, takes up to 64 ms for one; koffi would take
// 25 ms, but puts native code into a process of root and makes the package depend on the machine. So perl where there is
// one (Debian and Ubuntu cannot be without), and for the rest as many ipcs as there is patience for.

/** GETPID, GETNCNT and GETZCNT of linux/sem.h, the same on every architecture. One line for each set that still exists. */
const PERL = `
  $\\ = "\\n"; $, = " ";
  while (<STDIN>) {
    chomp;
    defined($pid = semctl($_, 0, 11, 0)) && defined($n = semctl($_, 0, 14, 0)) && defined($z = semctl($_, 0, 15, 0))
      && print $_, $pid, $n + $z;
  }`;

const MOST_IPCS = 24;
const IPCS_AT_ONCE = 4;

/**
 * Who used each set last, and how many wait for it. A set that is not in the answer was not asked about; unknown is one
 * that the kernel does not let us ask about, or that is gone.
 */
export async function inspectSets(
  ids: readonly number[],
  deadlineMs: number,
): Promise<Map<number, Fact<Inspection>>> {
  if (ids.length === 0) return new Map();
  const { stdout, failure } = await spawnTool('perl', ['-e', PERL], deadlineMs, ids.join('\n'));
  if (failure !== null) return inspectByIpcs(ids.slice(0, MOST_IPCS), deadlineMs);
  const answers = new Map<number, Fact<Inspection>>();
  for (const match of stdout.matchAll(/^(\d+) (\d+) (\d+)$/gm)) {
    answers.set(Number(match[1]), known({ lastPid: Number(match[2]), waiters: Number(match[3]) }));
  }
  return new Map(
    ids.map((id) => [id, answers.get(id) ?? unknown(`the kernel does not tell who used set ${id} last`)]),
  );
}

async function inspectByIpcs(
  ids: readonly number[],
  deadlineMs: number,
): Promise<Map<number, Fact<Inspection>>> {
  const answers = new Map<number, Fact<Inspection>>();
  const queue = [...ids];
  const work = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const { stdout, failure } = await spawnTool('ipcs', ['-s', '-i', String(id)], deadlineMs);
      answers.set(id, failure === null ? parseIpcs(stdout) : unknown(failure));
    }
  };
  await Promise.all(Array.from({ length: IPCS_AT_ONCE }, work));
  return answers;
}

/** The row of the one semaphore: semnum, value, ncount, zcount, pid (util-linux: sys-utils/ipcs.c, print_sem). */
export function parseIpcs(text: string): Fact<Inspection> {
  const row = /^semnum +value +ncount +zcount +pid *\n0 +\d+ +(\d+) +(\d+) +(\d+) *$/m.exec(text);
  if (row === null) return unknown('ipcs does not show the semaphore');
  return known({ waiters: Number(row[1]) + Number(row[2]), lastPid: Number(row[3]) });
}
