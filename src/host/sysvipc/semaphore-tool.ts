import { join } from 'node:path';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import type { Inspection } from '../../core/verdict/snapshot.ts';
import { dropPrivileges } from '../exec/drop-privileges.ts';
import { type Inspections, inspectByIpcs } from './inspect-by-ipcs.ts';
import { NumberLines } from './number-lines.ts';
import { removeByIpcrm } from './remove-by-ipcrm.ts';
import { type Running, startTool } from '../exec/spawn-tool.ts';

// semctl(2) has no file in /proc, so a tool must ask for us. Measured on 32,000 sets: perl's own semctl answers for all in
// one run of 75 ms; `ipcs -s -i`, which reads the whole table for each set, takes up to 64 ms for one; koffi would take
// 25 ms, but puts native code into a process of root and makes the package depend on the machine. So perl where there is
// one (Debian and Ubuntu cannot be without), and else util-linux.

/**
 * The program, whose head says what it is asked and what it answers. It lies beside this file, or beside the bundle. perl
 * itself reads it: where it cannot, util-linux is asked instead.
 */
const PROGRAM = join(import.meta.dirname, 'semaphore-tool.pl');

const END_OF_ANSWERS = '.\n';
const END_OF_REMOVAL = 'done\n';
const SENT = 'sent\n';

/**
 * One run of perl that asks the kernel about sets of an owner, then removes some, and tells the journal. Ids can be given
 * while the table is still being read; the kernel is asked meanwhile. Removal is as whom the owner's server is started by
 * and without any capability, so that the kernel itself refuses every set that this user neither owns nor made (semctl(2),
 * IPC_RMID).
 */
export class SemaphoreTool {
  private readonly perl: Running;
  private readonly ids: number[] = [];
  private hasPerl = true;

  constructor(
    private readonly owner: MutexOwner,
    private readonly deadlineMs: number,
  ) {
    this.perl = startTool([...dropPrivileges(owner.starterUid), 'perl', PROGRAM], deadlineMs);
  }

  /** Its process, which runs as the starter of httpd and is no user of the sets. */
  get pid(): number | null {
    return this.perl.pid;
  }

  ask(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.ids.push(...ids);
    this.perl.stdin?.write(`${ids.join('\n')}\n`);
  }

  /** Who used each set last, and how many wait for it. Unknown is a set that is gone, or that we may not ask about. */
  async answers(): Promise<Inspections> {
    this.perl.stdin?.write(END_OF_ANSWERS);
    const answers = parseAnswers(this.ids, await this.perl.output(END_OF_ANSWERS));
    this.hasPerl = answers !== null;
    return answers ?? inspectByIpcs(this.ids, this.deadlineMs);
  }

  /** Removes sets. Returns the complaints; what is really gone only the table tells. Nothing can be asked afterwards. */
  async remove(ids: readonly number[]): Promise<string[]> {
    if (!this.hasPerl) return removeByIpcrm('s', ids, this.owner.starterUid, this.deadlineMs);
    this.perl.stdin?.write(`${ids.join('\n')}\n${END_OF_ANSWERS}`);
    const said = (await this.perl.output(END_OF_REMOVAL)).toString();
    const complaints = said
      .slice(said.indexOf(END_OF_ANSWERS) + END_OF_ANSWERS.length)
      .split('\n')
      .filter((line) => line !== '');
    if (said.endsWith(END_OF_REMOVAL)) return complaints.slice(0, -1);
    const { failure } = await this.perl.ended;
    return failure === null ? complaints : [failure, ...complaints];
  }

  /** Whether `tell` can speak as root, whom alone a reader of the journal believes. */
  get canTell(): boolean {
    return this.hasPerl && this.owner.starterUid === 0;
  }

  /** Sends journald an entry, after a removal. Returns what went wrong, or null. */
  async tell(entry: string): Promise<string | null> {
    this.perl.stdin?.end(entry);
    const { stdout, failure } = await this.perl.ended;
    const said = stdout.toString();
    if (said.endsWith(SENT)) return null;
    return failure ?? said.trimEnd().split('\n').at(-1) ?? 'perl ended without a word';
  }

  /** Ends perl, if `tell` did not. */
  close(): void {
    this.perl.stdin?.end();
  }
}

function parseAnswers(ids: readonly number[], output: Buffer): Inspections | null {
  const end = output.lastIndexOf(END_OF_ANSWERS);
  if (end < 0) return null;
  const answers: Inspections = new Map();
  let next = 0;
  const lines = new NumberLines(3, ([run = 0, lastPid = 0, waiters = 0]) => {
    // Shared by the sets of a run: a full table has 32,000.
    const fact: Fact<Inspection> = lastPid < 0 ? NOT_TOLD : known({ lastPid, waiters });
    for (const stop = next + run; next < stop && next < ids.length; next++)
      answers.set(ids[next] ?? -1, fact);
  });
  return lines.read(output.subarray(0, end)) && lines.atEnd() && next === ids.length ? answers : null;
}

const NOT_TOLD = unknown('the kernel does not tell who used it last');
