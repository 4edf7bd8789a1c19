import { MESSAGE_ID } from '../../core/message-ids.ts';
import { isoTime } from '../iso-time.ts';

type Fields = Readonly<Record<string, string | number>>;

/** The kinds of events, by the MESSAGE_ID of their journal entries; as `history` names them. */
const EVENT: Readonly<Record<string, string>> = {
  [MESSAGE_ID.cause]: 'explained',
  [MESSAGE_ID.recovered]: 'recovered',
  [MESSAGE_ID.failed]: 'failed',
  [MESSAGE_ID.gaveUp]: 'gave-up',
  [MESSAGE_ID.cleared]: 'cleared',
  [MESSAGE_ID.clearedMemory]: 'cleared-memory',
  [MESSAGE_ID.lost]: 'lost',
};

/** The line of JSON for notify.on-event (documented in httpd-guard.toml(5)), from the fields of a journal entry. */
export function eventJson(unit: string | null, fields: Fields, atMs: number): string {
  const text = (name: string): string | null => {
    const value = fields[`HTTPD_GUARD_${name}`];
    return value === undefined || value === '-' || value === '' ? null : String(value);
  };
  const event = {
    schema: 1,
    at: isoTime(atMs),
    event: EVENT[String(fields['MESSAGE_ID'])] ?? 'other',
    unit,
    cause: text('CAUSE'),
    sentence: String(fields['MESSAGE']),
    line: text('LINE'),
    command: text('COMMAND'),
    removed: Number(text('REMOVED') ?? 0),
  };
  return `${JSON.stringify(event)}\n`;
}
