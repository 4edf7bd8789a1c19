import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { type JournalEntry, parseJournalEntry } from '../../core/logs/journal-entry.ts';
import { runTool } from '../exec/spawn-tool.ts';

const NEWLINE = 10;
/** An entry may be that long; of a longer one only the end is lost. */
const MOST_LINE_BYTES = 2 * 1024 * 1024;
/** In a row, without one entry. */
const MOST_TROUBLES = 3;
const RESTART_WAITS_MS = [200, 1_000, 5_000, 15_000];

export interface JournalQuestion {
  /** Behind which entry to begin; null to begin with the next one. */
  cursor: string | null;
  units: readonly string[];
  /** Only entries whose message has one of these are of interest. Plain text: no sign of a regular expression in it. */
  words: readonly string[];
  onEntry: (entry: JournalEntry) => void;
  onTrouble: (why: string) => void;
  signal: AbortSignal;
}

/**
 * Follows what units write into the journal, through journalctl(1), from now on and for ever: when it ends, it is started
 * again at the last entry that was seen. journalctl itself leaves out what holds none of the words, for a server may write
 * a hundred thousand lines in a burst; one that was built without that (--grep) is told the second time not to.
 */
export async function followJournal(question: JournalQuestion): Promise<void> {
  const { words, onEntry, onTrouble, signal } = question;
  let { cursor } = question;
  for (let troubles = 0; !signal.aborted;) {
    const seen = cursor;
    const lines = new Lines((line) => {
      troubles = 0;
      const entry = parseJournalEntry(line);
      if (entry === null) return;
      ({ cursor } = entry);
      if (cursor !== seen && words.some((word) => entry.message.includes(word))) onEntry(entry);
    });
    const add = (piece: Buffer): void => {
      lines.add(piece);
    };
    onTrouble(await runJournalctl({ ...question, cursor }, troubles % 2 === 0, add));
    // The entry may be gone with its file.
    if (troubles >= MOST_TROUBLES) cursor = null;
    const waitMs = RESTART_WAITS_MS[Math.min(troubles++, RESTART_WAITS_MS.length - 1)];
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Of the journal's last entry: where to begin to follow, whatever happens to the first journalctl. Null while it is empty. */
export async function newestCursor(): Promise<string | null> {
  const args = ['--quiet', '--merge', '--lines=1', '--output=json', '--output-fields=MESSAGE'];
  const { stdout } = await runTool(['journalctl', ...args], performance.now() + NEWEST_TIMEOUT_MS);
  return parseJournalEntry(stdout.toString())?.cursor ?? null;
}

const NEWEST_TIMEOUT_MS = 10_000;

/** Ends with why it ended. */
function runJournalctl(
  { units, words, cursor, signal }: JournalQuestion,
  grep: boolean,
  onPiece: (piece: Buffer) => void,
): Promise<string> {
  const args = [
    ...['--quiet', '--follow', '--output=json'],
    '--output-fields=MESSAGE,_SYSTEMD_UNIT,_PID,UNIT,MESSAGE_ID',
    // Not the filter for this boot, which goes wrong where the boot id in /proc is another's.
    '--merge',
    // Not --after-cursor: where the entry itself is gone or does not match, journalctl leaves out the next one instead.
    cursor === null ? '--lines=0' : `--cursor=${cursor}`,
    ...(grep ? ['--case-sensitive=yes', `--grep=${words.join('|')}`] : []),
    ...units.map((unit) => `_SYSTEMD_UNIT=${unit}`),
    ...['+', '_PID=1', ...units.map((unit) => `UNIT=${unit}`)],
  ];
  return new Promise((resolve) => {
    const child = spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'ignore'], signal });
    child.stdout.on('data', onPiece);
    child.on('error', (error) => {
      resolve(`journalctl cannot be run: ${error.message}`);
    });
    child.on('close', (code, by) => {
      resolve(`journalctl ended (${by ?? `code ${code ?? ''}`})`);
    });
  });
}

/** Takes the lines out of the pieces of a stream. What has become too long for a line is thrown away. */
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
