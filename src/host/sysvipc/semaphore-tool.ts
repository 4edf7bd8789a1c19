import { join } from 'node:path';
import { type Done, done, notDone } from '../../core/done.ts';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import type { Inspection } from '../../core/verdict/snapshot.ts';
import { dropPrivileges } from '../exec/drop-privileges.ts';
import { type Inspections, inspectByIpcs } from './inspect-by-ipcs.ts';
import { NumberLines } from './number-lines.ts';
import { removeByIpcrm } from './remove-by-ipcrm.ts';
import { startTool } from '../exec/spawn-tool.ts';
import { toolBeside } from './tool-beside.ts';
import type { ToolRun } from './tool-run.ts';

// Node cannot call semctl(2), and /proc does not show its results, so a tool does it. Measured with 32,000 sets: perl's
// semctl takes 75 ms for all; `ipcs -s -i` reads the whole table for each set and takes up to 64 ms for one; koffi would take
// 25 ms, but adds native code to a root process and makes the package depend on the architecture. So perl if it is installed
// (it is essential on Debian and Ubuntu), else util-linux.

/**
 * The program in the folder of this file, or of the bundle; its protocol is described in its first lines. If perl cannot run it,
 * util-linux is used instead.
 */
const PROGRAM = join(import.meta.dirname, 'semaphore-tool.pl');

const END_OF_QUESTIONS = '.\n';
const END_OF_ANSWERS = '.\n';
const END_OF_REMOVAL = 'done\n';
const SENT = 'sent\n';
const END_OF_ENTRY = 'end\n';

/**
 * One run of perl that inspects sets of an owner, then removes some and writes a journal entry. Ids can be passed while the table
 * is still being read. perl runs as the user that starts the owner's server and without capabilities, so that the kernel refuses
 * to remove every set that this user neither owns nor created (semctl(2), IPC_RMID).
 */
export class SemaphoreTool {
  private readonly ids: number[] = [];
  private hasPerl = true;

  constructor(
    private readonly owner: MutexOwner,
    private readonly deadlineMs: number,
    private readonly perl: ToolRun = toolBeside(owner.starterUid) ?? startPerl(owner.starterUid, deadlineMs),
  ) {}

  /** The pid of perl, which runs as the starter of httpd and does not use the sets. */
  get pid(): number | null {
    return this.perl.pid;
  }

  /** Starts to inspect sets; `answers` returns the results. */
  ask(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.ids.push(...ids);
    this.perl.write(`${ids.join('\n')}\n`);
  }

  /** The last user and the number of waiters of each set. Unknown for a set that is gone or must not be inspected. */
  async answers(): Promise<Inspections> {
    this.perl.write(END_OF_QUESTIONS);
    const answers = parseAnswers(this.ids, await this.perl.output(END_OF_ANSWERS));
    this.hasPerl = answers !== null;
    return answers ?? inspectByIpcs(this.ids, this.deadlineMs);
  }

  /** Removes sets. Returns the errors; the table decides which sets are gone. No set can be inspected afterwards. */
  async remove(ids: readonly number[]): Promise<string[]> {
    if (!this.hasPerl) return removeByIpcrm('s', ids, this.owner.starterUid, this.deadlineMs);
    this.perl.write(`${ids.join('\n')}\n${END_OF_QUESTIONS}`);
    const output = (await this.perl.output(END_OF_REMOVAL)).toString();
    const errors = output
      .slice(output.indexOf(END_OF_ANSWERS) + END_OF_ANSWERS.length)
      .split('\n')
      .filter((line) => line !== '');
    if (output.endsWith(END_OF_REMOVAL)) return errors.slice(0, -1);
    return [await this.failure(), ...errors];
  }

  /** Whether `writeEntry` runs as root: only root's entries are trusted by readers of the journal. */
  get canWriteEntry(): boolean {
    return this.hasPerl && this.owner.starterUid === 0;
  }

  /** Sends journald an entry, lines of `NAME=VALUE`, after a removal. */
  async writeEntry(entry: string): Promise<Done<'not-written'>> {
    this.perl.write(`${entry}${END_OF_QUESTIONS}`);
    const output = (await this.perl.output(END_OF_ENTRY)).toString();
    if (output.endsWith(`${SENT}${END_OF_ENTRY}`)) return done;
    const error = output.endsWith(END_OF_ENTRY) ? output.trimEnd().split('\n').at(-2) : await this.failure();
    return notDone('not-written', error ?? NO_ANSWER);
  }

  /** Ends perl. */
  close(): void {
    this.perl.close();
  }

  private async failure(): Promise<string> {
    const { failure } = await this.perl.ended();
    return failure ?? NO_ANSWER;
  }
}

const NO_ANSWER = 'perl exited without an answer';

function startPerl(uid: number, deadlineMs: number): ToolRun {
  const perl = startTool([...dropPrivileges(uid), 'perl', PROGRAM], deadlineMs);
  return {
    pid: perl.pid,
    write: (text) => void perl.stdin?.write(text),
    close: () => void perl.stdin?.end(),
    output: (until) => perl.output(until),
    ended: () => perl.ended,
  };
}

function parseAnswers(ids: readonly number[], output: Buffer): Inspections | null {
  const end = output.lastIndexOf(END_OF_ANSWERS);
  if (end < 0) return null;
  const answers: Inspections = new Map();
  let next = 0;
  const lines = new NumberLines(3, ([run = 0, lastPid = 0, waiters = 0]) => {
    // One object for all sets of a run: a full table has 32,000 sets.
    const fact: Fact<Inspection> = lastPid < 0 ? NOT_KNOWN : known({ lastPid, waiters });
    for (const stop = next + run; next < stop && next < ids.length; next++)
      answers.set(ids[next] ?? -1, fact);
  });
  return lines.read(output.subarray(0, end)) && lines.atEnd() && next === ids.length ? answers : null;
}

const NOT_KNOWN = unknown('the kernel does not report its last user');
