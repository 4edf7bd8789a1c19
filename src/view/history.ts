import type { HistoryEntry } from '../core/logs/history-entry.ts';
import { escape } from './escape.ts';

export interface HistoryStyle {
  /** The entries alone. */
  quiet: boolean;
  /** The figures of each. */
  verbose: boolean;
  /** There are older ones. */
  more: boolean;
}

/** `history` for people: a line a deed, the newest last. */
export function historyText(
  entries: readonly HistoryEntry[],
  { quiet, verbose, more }: HistoryStyle,
): string {
  if (entries.length === 0) return quiet ? '' : 'The journal has nothing that the guard did.\n';
  const unitWidth = Math.max(...entries.map((entry) => unitText(entry).length));
  const lines = entries.flatMap((entry) => [
    `${timeText(entry.atMs)}  ${unitText(entry).padEnd(unitWidth)}  ${entry.did.padEnd(DID_WIDTH)}  ${sentenceText(entry)}`,
    ...(verbose ? figureLines(entry) : []),
  ]);
  const first = more && !quiet ? ['… and older ones, with: journalctl -u UNIT -t httpd-guard'] : [];
  return [...first, ...lines, ''].join('\n');
}

const DID_WIDTH = 'explained'.length;

/** As journalctl and --since have it: local time, here with its distance to UTC. */
function timeText(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + minutes * 60_000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  const distance = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
  return `${local.replace('T', ' ')}${distance}`;
}

function unitText({ unit }: HistoryEntry): string {
  return escape(unit ?? '-');
}

/** The unit stands before it, and by whom it was done is no part of the sentence itself. */
function sentenceText({ unit, sentence, figures }: HistoryEntry): string {
  const prefix = `${unit ?? ''}: `;
  const text = sentence.startsWith(prefix) ? sentence.slice(prefix.length) : sentence;
  const { command } = figures;
  return escape(typeof command === 'string' ? `${text} (${command})` : text);
}

function figureLines({ figures }: HistoryEntry): string[] {
  return Object.entries(figures)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `    ${name}: ${escape(Array.isArray(value) ? value.join(' ') : String(value))}`);
}

/** The object of `history --json`, schema 1: an interface. */
export function historyJson(entries: readonly HistoryEntry[], more: boolean): unknown {
  return {
    schema: 1,
    more,
    entries: entries.map(({ atMs, unit, did, cause, sentence, figures }) => ({
      at: new Date(atMs).toISOString(),
      ...{ unit, did, cause, sentence },
      ...figures,
    })),
  };
}
