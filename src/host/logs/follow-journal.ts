import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { type JournalEntry, parseJournalEntry } from '../../core/logs/journal-entry.ts';
import { runTool } from '../exec/spawn-tool.ts';
import { steadyMs } from '../exec/steady-ms.ts';

const NEWLINE = 10;
/** The longest line that is read; of a longer one the end is lost. */
const MOST_LINE_BYTES = 2 * 1024 * 1024;
/**
 * journalctl keeps mapped what it has read. After so many entries another one takes its place, as soon as it was silent for a
 * while: that one begins at the last entry.
 */
const MANY_ENTRIES = 2_000;
const SILENCE_MS = 5_000;
/** Failures in a row without an entry, after which the cursor is given up. */
const MOST_TROUBLES = 3;
const RESTART_WAITS_MS = [200, 1_000, 5_000, 15_000];

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

/**
 * Follows the journal entries of units through journalctl(1) until `signal` aborts. If journalctl exits, it is restarted at the
 * last entry. journalctl filters by the words (--grep), since a server may write a hundred thousand lines in a burst; every
 * second attempt goes without, since journalctl can be built without --grep.
 */
export async function followJournal(question: JournalQuestion): Promise<void> {
  const { words, onEntry, onTrouble, signal } = question;
  let { cursor } = question;
  for (let troubles = 0; !signal.aborted;) {
    const seen = cursor;
    let entries = 0;
    const lines = new Lines((line) => {
      troubles = 0;
      entries++;
      const entry = parseJournalEntry(line);
      if (entry === null) return;
      ({ cursor } = entry);
      if (cursor !== seen && words.some((word) => entry.message.includes(word))) onEntry(entry);
    });
    const add = (piece: Buffer): void => {
      lines.add(piece);
    };
    const hasReadMuch = (): boolean => entries > MANY_ENTRIES;
    const ended = await runJournalctl({ ...question, cursor }, troubles % 2 === 0, add, hasReadMuch);
    if (ended === REPLACED) continue;
    onTrouble(ended);
    // The entry may have been deleted with its file.
    if (troubles >= MOST_TROUBLES) cursor = null;
    const waitMs = RESTART_WAITS_MS[Math.min(troubles++, RESTART_WAITS_MS.length - 1)];
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
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

/** Resolves with the reason why journalctl ended, or when it has read so much that another one is to follow. */
function runJournalctl(
  { units, words, cursor, signal }: JournalQuestion,
  grep: boolean,
  onPiece: (piece: Buffer) => void,
  hasReadMuch: () => boolean,
): Promise<string | typeof REPLACED> {
  const args = [
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
  return new Promise((resolve) => {
    const child = spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'ignore'], signal });
    let silence: NodeJS.Timeout | null = null;
    child.stdout.on('data', (piece: Buffer) => {
      onPiece(piece);
      if (!hasReadMuch()) return;
      silence ??= setTimeout(() => {
        child.stdout.destroy();
        child.kill();
        resolve(REPLACED);
      }, SILENCE_MS);
      silence.refresh();
    });
    child.on('error', (error) => {
      resolve(`journalctl cannot be run: ${error.message}`);
    });
    child.on('close', (code, by) => {
      if (silence !== null) clearTimeout(silence);
      resolve(`journalctl ended (${by ?? `exit status ${code ?? ''}`})`);
    });
  });
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
