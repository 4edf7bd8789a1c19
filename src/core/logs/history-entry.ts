import { fieldText } from './journal-entry.ts';
import { MESSAGE_ID } from '../message-ids.ts';

/** One action of httpd-guard by its journal entry. The names are those of `history --json` (httpd-guard(8)). */
export type HistoryEntry = {
  /** When journald received it, milliseconds since 1970. */
  atMs: number;
  unit: string | null;
  /** A cause as in `diagnose --json`; null if the action has none. */
  cause: string | null;
  sentence: string;
} & Action;

/** Figures as the entry has them; null is one that was not known when it was written. */
type Action =
  | { did: 'explained'; figures: ExplainedFigures }
  | { did: 'cleared'; figures: ClearedFigures }
  | { did: 'recovered' | 'failed' | 'gave-up' | 'lost'; figures: Record<string, never> };

interface ExplainedFigures {
  setsUsed: number | null;
  setsMax: number | null;
  orphans: number | null;
  line: string | null;
}

interface ClearedFigures {
  command: string | null;
  removed: number | null;
  failed: number | null;
  ids: number[];
}

export type Did = Action['did'];

const DID: Readonly<Record<string, Did>> = {
  [MESSAGE_ID.cause]: 'explained',
  [MESSAGE_ID.recovered]: 'recovered',
  [MESSAGE_ID.gaveUp]: 'gave-up',
  [MESSAGE_ID.failed]: 'failed',
  [MESSAGE_ID.lost]: 'lost',
  [MESSAGE_ID.cleared]: 'cleared',
  [MESSAGE_ID.clearedMemory]: 'cleared',
};

/** By action, the fields of its journal entries with their names here and how they are parsed. */
const FIGURES: Readonly<
  Record<Did, Readonly<Record<string, [name: string, read: (text: string) => Figure]>>>
> = {
  explained: {
    HTTPD_GUARD_SETS_USED: ['setsUsed', count],
    HTTPD_GUARD_SETS_MAX: ['setsMax', count],
    HTTPD_GUARD_ORPHANS: ['orphans', count],
    HTTPD_GUARD_LINE: ['line', words],
  },
  recovered: {},
  failed: {},
  'gave-up': {},
  lost: {},
  cleared: {
    HTTPD_GUARD_COMMAND: ['command', words],
    HTTPD_GUARD_REMOVED: ['removed', count],
    HTTPD_GUARD_FAILED: ['failed', count],
    HTTPD_GUARD_IDS: ['ids', ids],
  },
};

type Figure = number | string | number[] | null;

/** The fields that `parseHistoryEntry` reads, in addition to those of every entry. */
export const HISTORY_FIELDS: readonly string[] = [
  'MESSAGE',
  'MESSAGE_ID',
  '_UID',
  'HTTPD_GUARD_UNIT',
  'HTTPD_GUARD_CAUSE',
  ...Object.values(FIGURES).flatMap((fields) => Object.keys(fields)),
];

/** Matches for journalctl: entries with these ids, written by root. */
export const HISTORY_MATCHES: readonly string[] = [
  '_UID=0',
  ...Object.keys(DID).map((id) => `MESSAGE_ID=${id}`),
];

/**
 * Parses one line of `journalctl -o json`. Any user can write an entry with our MESSAGE_ID; journald sets _UID
 * (systemd.journal-fields(7)), and only root's entries are accepted. Null for any other line.
 */
export function parseHistoryEntry(line: string): HistoryEntry | null {
  let entry: Record<string, unknown> | null;
  try {
    entry = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return null;
  }
  const text = (field: string): string => fieldText(entry?.[field]);
  const id = text('MESSAGE_ID');
  const did = Object.hasOwn(DID, id) ? DID[id] : undefined;
  const atMs = Math.floor(Number(text('__REALTIME_TIMESTAMP')) / 1000);
  if (did === undefined || entry?.['_UID'] !== '0' || !(atMs > 0)) return null;
  const figures = Object.entries(FIGURES[did]).map(([field, [name, read]]) => [name, read(text(field))]);
  return {
    atMs,
    unit: words(text('HTTPD_GUARD_UNIT')),
    did,
    cause: words(text('HTTPD_GUARD_CAUSE')),
    sentence: text('MESSAGE'),
    figures: Object.fromEntries(figures) as HistoryEntry['figures'],
  } as HistoryEntry;
}

/** "-" in the entry means none: an empty field would leave a gap in the text of the catalog. */
function words(text: string): string | null {
  return text === '' || text === '-' ? null : text;
}

function count(text: string): number | null {
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}

function ids(text: string): number[] {
  return text.split(' ').flatMap((id) => count(id) ?? []);
}
