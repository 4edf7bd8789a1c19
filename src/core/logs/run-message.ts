import { fieldText } from './journal-entry.ts';
import type { DatedLine } from './lines-of-run.ts';

/** A line of a run of a unit in the journal. */
export interface RunMessage extends DatedLine {
  /** SYSLOG_IDENTIFIER: the program by default (systemd.exec(5), SyslogIdentifier=); a program can set another one. */
  identifier: string;
}

/** The fields that are used, in addition to those of every entry. */
export const RUN_MESSAGE_FIELDS: readonly string[] = ['MESSAGE', 'SYSLOG_IDENTIFIER'];

/** The lines of the message in one line of `journalctl -o json`; none for any other text. */
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
  // What httpd-guard logs about the run quotes lines of httpd.
  return identifier === 'httpd-guard' || message.startsWith('httpd-guard: ')
    ? []
    : message.split('\n').map((text) => ({ text, atMs, identifier }));
}
