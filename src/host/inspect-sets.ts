import { type Fact, known, unknown } from '../core/fact.ts';
import type { Inspection } from '../core/snapshot.ts';
import { NumberLines } from './number-lines.ts';
import { type Running, runTool, startTool } from './spawn-tool.ts';

// semctl(2) has no file in /proc, so a tool must ask for us. Measured on 32,000 sets: perl's own semctl answers for all in
// one run of 75 ms; `ipcs -s -i`, which reads the whole table for each set, takes up to 64 ms for one; koffi would take
// 25 ms, but puts native code into a process of root and makes the package depend on the machine. So perl where there is
// one (Debian and Ubuntu cannot be without), and for the rest as many ipcs as there is patience for.

/**
 * GETPID, GETNCNT and GETZCNT of linux/sem.h, the same on every architecture. Answers in the order of the ids, runs of
 * equal answers in one line: how many, last pid, waiters; -1 where the kernel does not tell.
 */
const PERL = `
  $\\ = "\\n"; $, = " ";
  while (<STDIN>) {
    chomp;
    ($pid, $n, $z) = (semctl($_, 0, 11, 0), semctl($_, 0, 14, 0), semctl($_, 0, 15, 0));
    ($pid, $waiters) = defined $pid && defined $n && defined $z ? ($pid + 0, $n + $z) : (-1, 0);
    if ($run && $pid == $last && $waiters == $waited) { $run++; next }
    print $run, $last, $waited if $run;
    ($run, $last, $waited) = (1, $pid, $waiters);
  }
  print $run, $last, $waited if $run;`;

const MOST_IPCS = 24;
const IPCS_AT_ONCE = 4;

export type Inspections = Map<number, Fact<Inspection>>;

/**
 * Asks who used each set last, and how many wait for it. Ids can be given while the table is still being read; the kernel
 * is asked meanwhile. Unknown is a set that is
 * gone, or not ours to ask about; where there is no perl, most are not asked about at all.
 */
export class Inspector {
  private readonly perl: Running;
  private readonly ids: number[] = [];

  constructor(private readonly deadlineMs: number) {
    this.perl = startTool('perl', ['-e', PERL], deadlineMs);
  }

  ask(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.ids.push(...ids);
    this.perl.stdin?.write(`${ids.join('\n')}\n`);
  }

  async answers(): Promise<Inspections> {
    this.perl.stdin?.end();
    const { stdout, failure } = await this.perl.ended;
    const answers = failure === null ? parsePerl(this.ids, stdout) : null;
    return answers ?? (await inspectByIpcs(this.ids, this.deadlineMs));
  }
}

function parsePerl(ids: readonly number[], stdout: Buffer): Inspections | null {
  const answers: Inspections = new Map();
  let next = 0;
  const lines = new NumberLines(3, ([run = 0, lastPid = 0, waiters = 0]) => {
    // Shared by the sets of a run: a full table has 32,000.
    const fact = lastPid < 0 ? NOT_TOLD : known({ lastPid, waiters });
    for (const end = next + run; next < end && next < ids.length; next++) answers.set(ids[next] ?? -1, fact);
  });
  return lines.read(stdout) && lines.atEnd() && next === ids.length ? answers : null;
}

const NOT_TOLD = unknown('the kernel does not tell who used it last');

async function inspectByIpcs(ids: readonly number[], deadlineMs: number): Promise<Inspections> {
  const answers: Inspections = new Map();
  const queue = ids.slice(0, MOST_IPCS);
  const work = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const { stdout, failure } = await runTool('ipcs', ['-s', '-i', String(id)], deadlineMs);
      answers.set(id, failure === null ? parseIpcs(stdout.toString()) : unknown(failure));
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
