import { fieldText } from './journal-entry.ts';
import type { DatedLine } from './lines-of-run.ts';

/** A line that a run of a unit wrote into the journal. */
export interface RunMessage extends DatedLine {
  /** The program that wrote it, as systemd names the stream after it (systemd.exec(5), SyslogIdentifier=); a program may name itself otherwise. */
  identifier: string;
}

/** The fields that are read of an entry, beside those that each has. */
export const RUN_MESSAGE_FIELDS: readonly string[] = ['MESSAGE', 'SYSLOG_IDENTIFIER'];

/** Reads one line of `journalctl -o json`: the lines of its message. None for what is no entry. */
export function parseRunMessage(json: string): RunMessage[] {
  let entry: Record<string, unknown> | null;
  try {
    entry = JSON.parse(json) as Record<string, unknown> | null;
  } catch {
    return [];
  }
  // In microseconds (systemd.journal-fields(7)).
  const atMs = Number(fieldText(entry?.['__REALTIME_TIMESTAMP'])) / 1000;
  const message = fieldText(entry?.['MESSAGE']);
  if (!(atMs > 0) || message === '') return [];
  const identifier = fieldText(entry?.['SYSLOG_IDENTIFIER']);
  return message.split('\n').map((text) => ({ text, atMs, identifier }));
}
