import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { ENDED_IDS, type JournalEntry, parseJournalEntry } from '../core/journal-entry.ts';
import { QUICK_WORDS } from '../core/match-line.ts';
import { runTool } from './spawn-tool.ts';

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
  /** Words to look for, besides those of the catalogue. */
  words: readonly string[];
  /** Of every entry that may be one of the catalogue's. */
  onEntry: (entry: JournalEntry) => void;
  onTrouble: (why: string) => void;
  signal: AbortSignal;
}

/**
 * Follows what units write into the journal, through journalctl(1), from now on and for ever: when it ends, it is started
 * again behind the last entry that was seen. Only entries with a word of the catalogue's are parsed, since a server may
 * write a hundred thousand lines in a burst.
 */
export async function followJournal(question: JournalQuestion): Promise<void> {
  const { units, onEntry, onTrouble, signal } = question;
  const words = [...QUICK_WORDS, ...ENDED_IDS, ...question.words];
  const needles = [...words.map((word) => Buffer.from(word)), Buffer.from(BYTES)];
  const mayMatter = (line: string): boolean =>
    words.some((word) => line.includes(word)) || line.includes(BYTES);
  let { cursor } = question;
  for (let troubles = 0; !signal.aborted;) {
    const seen = cursor;
    const blocks = new LineBlocks((block) => {
      troubles = 0;
      cursor = lastCursor(block) ?? cursor;
      if (!needles.some((needle) => block.includes(needle))) return;
      for (const line of block.toString('utf8').split('\n')) {
        const entry = mayMatter(line) ? parseJournalEntry(line) : null;
        if (entry !== null && entry.cursor !== seen) onEntry(entry);
      }
    });
    const add = (piece: Buffer): void => {
      blocks.add(piece);
    };
    onTrouble(await runJournalctl(units, cursor, add, signal));
    // The entry may be gone with its file.
    if (troubles >= MOST_TROUBLES) cursor = null;
    const waitMs = RESTART_WAITS_MS[Math.min(troubles++, RESTART_WAITS_MS.length - 1)];
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** A message that is no text is printed as numbers, in which no word shows. */
const BYTES = '"MESSAGE":[';

/** Of the journal's last entry: where to begin to follow, whatever happens to the first journalctl. Null while it is empty. */
export async function newestCursor(): Promise<string | null> {
  const args = ['--quiet', '--merge', '--lines=1', '--output=json', '--output-fields=MESSAGE'];
  const { stdout } = await runTool(['journalctl', ...args], performance.now() + NEWEST_TIMEOUT_MS);
  return parseJournalEntry(stdout.toString())?.cursor ?? null;
}

const NEWEST_TIMEOUT_MS = 10_000;

/** Ends with why it ended. */
function runJournalctl(
  units: readonly string[],
  cursor: string | null,
  onPiece: (piece: Buffer) => void,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(
      'journalctl',
      [
        ...[
          '--quiet',
          '--follow',
          '--output=json',
          '--output-fields=MESSAGE,_SYSTEMD_UNIT,_PID,UNIT,MESSAGE_ID',
        ],
        // Not the filter for this boot, which goes wrong where the boot id in /proc is another's.
        '--merge',
        // Not --after-cursor: where the entry itself is gone or does not match, journalctl leaves out the next one instead.
        cursor === null ? '--lines=0' : `--cursor=${cursor}`,
        ...units.map((unit) => `_SYSTEMD_UNIT=${unit}`),
        ...['+', '_PID=1', ...units.map((unit) => `UNIT=${unit}`)],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'], signal },
    );
    child.stdout.on('data', onPiece);
    child.on('error', (error) => {
      resolve(`journalctl cannot be run: ${error.message}`);
    });
    child.on('close', (code, by) => {
      resolve(`journalctl ended (${by ?? `code ${code ?? ''}`})`);
    });
  });
}

/** Gathers pieces of a stream to blocks of whole lines. */
class LineBlocks {
  private begun: Buffer[] = [];
  private begunBytes = 0;

  constructor(private readonly onBlock: (block: Buffer) => void) {}

  add(piece: Buffer): void {
    const end = piece.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      this.onBlock(
        this.begun.length === 0
          ? piece.subarray(0, end)
          : Buffer.concat([...this.begun, piece.subarray(0, end)]),
      );
      this.begun = [];
      this.begunBytes = 0;
    }
    if (end === piece.length || this.begunBytes > MOST_LINE_BYTES) return;
    const rest = piece.subarray(end);
    this.begun.push(rest);
    this.begunBytes += rest.length;
  }
}

const CURSOR = Buffer.from('"__CURSOR":"');

function lastCursor(block: Buffer): string | null {
  const at = block.lastIndexOf(CURSOR);
  if (at < 0) return null;
  const begin = at + CURSOR.length;
  const end = block.indexOf('"', begin);
  return end < 0 ? null : block.toString('latin1', begin, end);
}
