import type { HistoryEntry } from '../core/logs/history-entry.ts';
import { escape } from './escape.ts';
import { localTime } from './local-time.ts';
import type { HistoryJson } from './schemas/history.ts';

export interface HistoryStyle {
  /** Only the entries. */
  quiet: boolean;
  /** The figures of each entry as well. */
  verbose: boolean;
  /** Whether there are older entries. */
  more: boolean;
}

/** `history` as text: one line for each action, newest last. */
export function historyText(
  entries: readonly HistoryEntry[],
  { quiet, verbose, more }: HistoryStyle,
): string {
  if (entries.length === 0) return quiet ? '' : 'No entries of httpd-guard in the journal.\n';
  const unitWidth = Math.max(...entries.map((entry) => unitText(entry).length));
  const lines = entries.flatMap((entry) => [
    `${localTime(entry.atMs)}  ${unitText(entry).padEnd(unitWidth)}  ${entry.did.padEnd(DID_WIDTH)}  ${sentenceText(entry)}`,
    ...(verbose ? figureLines(entry) : []),
  ]);
  const first = more && !quiet ? ['... older entries: journalctl -u UNIT -t httpd-guard'] : [];
  return [...first, ...lines, ''].join('\n');
}

const DID_WIDTH = 'explained'.length;

function unitText({ unit }: HistoryEntry): string {
  return escape(unit ?? '-');
}

/** The unit has its own column, so the sentence goes without it; the command is added, since the sentence does not name it. */
function sentenceText(entry: HistoryEntry): string {
  const { unit, sentence } = entry;
  const prefix = `${unit ?? ''}: `;
  const text = sentence.startsWith(prefix) ? sentence.slice(prefix.length) : sentence;
  const command = entry.did === 'cleared' ? entry.figures.command : null;
  return escape(command === null ? text : `${text} (${command})`);
}

function figureLines({ figures }: HistoryEntry): string[] {
  return Object.entries(figures)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `    ${name}: ${escape(Array.isArray(value) ? value.join(' ') : String(value))}`);
}

/** The object of `history --json`, schema 1: an interface. */
export function historyJson(entries: readonly HistoryEntry[], more: boolean): HistoryJson {
  return {
    schema: 1,
    more,
    entries: entries.map(entryJson),
  };
}

function entryJson(entry: HistoryEntry): HistoryJson['entries'][number] {
  const { atMs, unit, cause, sentence } = entry;
  const common = { at: new Date(atMs).toISOString(), unit, cause, sentence };
  switch (entry.did) {
    case 'explained':
      return { ...common, did: entry.did, ...entry.figures };
    case 'cleared':
      return { ...common, did: entry.did, ...entry.figures };
    case 'recovered':
    case 'failed':
    case 'gave-up':
    case 'lost':
      return { ...common, did: entry.did };
  }
}
