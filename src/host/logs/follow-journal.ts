import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type JournalEntry, parseJournalEntry } from '../../core/logs/journal-entry.ts';
import { runTool } from '../exec/spawn-tool.ts';
import { steadyMs } from '../exec/steady-ms.ts';
import { errorReason } from '../files/error-reason.ts';
import { type Clock, realClock } from '../proc/real-clock.ts';
import { residentBytes } from '../proc/resident-bytes.ts';

const NEWLINE = 10;
/** The longest line that is read; of a longer one the end is lost. */
const MOST_LINE_BYTES = 2 * 1024 * 1024;
/** journalctl keeps mapped what it has read: by how much it may grow after its first entry. */
const MOST_GROWTH_BYTES = 2 * 1024 * 1024;
/** Failures in a row without an entry, after which the cursor is given up. */
const MOST_TROUBLES = 3;
const RESTART_WAITS_MS = [200, 1_000, 5_000];
const LONGEST_WAIT_MS = 15_000;

export interface JournalQuestion {
  /** The entry to start after; null to start with the next one. */
  cursor: string | null;
  units: readonly string[];
  /** Only entries with one of these in their message are passed on. Plain text without characters that are special in a regular expression. */
  words: readonly string[];
  onEntry: (entry: JournalEntry) => void;
  onTrouble: (why: string) => void;
  signal: AbortSignal;
}

type Journalctl = ChildProcessByStdio<null, Readable, null>;

/** What follows the journal, as arguments for the tests. */
export interface JournalDoors {
  /** Throws or emits "error" if it cannot be started. */
  start: (args: readonly string[], signal: AbortSignal) => Journalctl;
  /** The resident size of a process; null if it cannot be read. */
  residentBytes: (pid: number) => number | null;
  pause: Clock['pause'];
}

const DOORS: JournalDoors = {
  start: (args, signal) => spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'ignore'], signal }),
  residentBytes,
  pause: (ms, signal) => realClock.pause(ms, signal),
};

/**
 * Follows the journal entries of units through journalctl(1). If journalctl exits, it is restarted at the last entry. journalctl
 * filters by the words (--grep), since a server may write a hundred thousand lines in a burst; every second attempt goes without,
 * since journalctl can be built without --grep.
 */
export class JournalFollower {
  private cursor: string | null;
  private journalctl: Journalctl | null = null;
  /** The resident size of this journalctl at its first entry; null before. */
  private firstBytes: number | null = null;
  private isReplaced = false;

  constructor(
    private readonly question: JournalQuestion,
    private readonly doors: JournalDoors = DOORS,
  ) {
    this.cursor = question.cursor;
  }

  /** Resolves when `signal` aborts. */
  async follow(): Promise<void> {
    const { words, onEntry, onTrouble, signal } = this.question;
    for (let troubles = 0; !signal.aborted;) {
      const seen = this.cursor;
      const lines = new Lines((line) => {
        troubles = 0;
        const entry = parseJournalEntry(line);
        if (entry === null) return;
        this.cursor = entry.cursor;
        if (entry.cursor !== seen && words.some((word) => entry.message.includes(word))) onEntry(entry);
      });
      const ended = await this.runJournalctl(troubles % 2 === 0, lines);
      if (ended === REPLACED) continue;
      onTrouble(ended);
      // The entry may have been deleted with its file.
      if (troubles >= MOST_TROUBLES) this.cursor = null;
      const waitMs = RESTART_WAITS_MS[troubles++] ?? LONGEST_WAIT_MS;
      await this.doors.pause(waitMs, signal);
    }
  }

  /** Whether journalctl has mapped so much that it should be replaced. */
  hasGrown(): boolean {
    const bytes = this.residentBytes();
    return bytes !== null && this.firstBytes !== null && bytes - this.firstBytes > MOST_GROWTH_BYTES;
  }

  /**
   * To be called in `onEntry`: another journalctl takes over after the entries that have arrived. Nothing is lost or read twice,
   * since journalctl has read everything before an entry that it prints, also what does not match.
   */
  replace(): void {
    this.isReplaced = true;
  }

  private residentBytes(): number | null {
    const pid = this.journalctl?.pid;
    return pid === undefined ? null : this.doors.residentBytes(pid);
  }

  /** Resolves with the reason why journalctl ended, or when another one is to take over. */
  private runJournalctl(grep: boolean, lines: Lines): Promise<string | typeof REPLACED> {
    const args = journalctlArguments(this.question, this.cursor, grep);
    this.isReplaced = false;
    this.firstBytes = null;
    return new Promise((resolve) => {
      try {
        const child = this.doors.start(args, this.question.signal);
        this.journalctl = child;
        child.stdout.on('data', (piece: Buffer) => {
          this.firstBytes ??= this.residentBytes();
          lines.add(piece);
          if (!this.isReplaced) return;
          child.stdout.destroy();
          child.kill();
          resolve(REPLACED);
        });
        child.on('error', (error) => {
          resolve(`journalctl cannot be run: ${errorReason(error)}`);
        });
        child.on('close', (code, by) => {
          resolve(`journalctl ended (${by ?? `exit status ${code ?? ''}`})`);
        });
      } catch (error) {
        resolve(`journalctl cannot be run: ${errorReason(error)}`);
      }
    });
  }
}

/** The cursor of the journal's last entry, from which to follow even if the first journalctl fails. Null if the journal is empty. */
export async function newestCursor(): Promise<string | null> {
  const args = ['--quiet', '--merge', '--lines=1', '--output=json', '--output-fields=MESSAGE'];
  const { stdout } = await runTool(['journalctl', ...args], steadyMs() + NEWEST_TIMEOUT_MS);
  return parseJournalEntry(stdout.toString())?.cursor ?? null;
}

const NEWEST_TIMEOUT_MS = 10_000;

const REPLACED = Symbol('replaced');

function journalctlArguments(
  { units, words }: JournalQuestion,
  cursor: string | null,
  grep: boolean,
): string[] {
  return [
    '--quiet',
    '--follow',
    '--output=json',
    '--output-fields=MESSAGE,_SYSTEMD_UNIT,_PID,UNIT,MESSAGE_ID',
    // Without the default filter for this boot, which fails if /proc shows another boot id, as for some units in nspawn.
    '--merge',
    // Not --after-cursor: if the entry is deleted or does not match, journalctl skips the next one instead.
    cursor === null ? '--lines=0' : `--cursor=${cursor}`,
    ...(grep ? ['--case-sensitive=yes', `--grep=${words.join('|')}`] : []),
    ...units.map((unit) => `_SYSTEMD_UNIT=${unit}`),
    '+',
    '_PID=1',
    ...units.map((unit) => `UNIT=${unit}`),
  ];
}

/** Splits the chunks of a stream into lines. Lines that are too long are dropped. */
class Lines {
  private begun: Buffer[] = [];
  private begunBytes = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  add(piece: Buffer): void {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const whole = Buffer.concat([...this.begun, piece.subarray(0, end - 1)]).toString('utf8');
      for (const line of whole.split('\n')) this.onLine(line);
      this.begun = [];
      this.begunBytes = 0;
    }
    if (end === piece.length || this.begunBytes > MOST_LINE_BYTES) return;
    const rest = piece.subarray(end);
    this.begun.push(rest);
    this.begunBytes += rest.length;
  }
}
