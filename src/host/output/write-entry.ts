import { type Done, done, notDone } from '../../core/done.ts';
import { startTool } from '../exec/spawn-tool.ts';

export type EntryFields = Readonly<Record<string, string | number>>;

/**
 * Writes one structured journal entry about a unit through logger(1), since Node has no Unix datagram sockets.
 */
export async function writeEntry(
  unit: string | null,
  fields: EntryFields,
  deadlineMs: number,
): Promise<Done<'not-written'>> {
  const logger = startTool(['logger', '--journald'], deadlineMs);
  logger.stdin?.end(entryText(unit, fields));
  const { failure } = await logger.ended;
  return failure === null ? done : notDone('not-written', failure);
}

/**
 * An entry in journald's native protocol, one field on each line (systemd: docs/JOURNAL_NATIVE_PROTOCOL.md). Values must not
 * contain a newline. Written by root it is shown in `journalctl -u` and `systemctl status` of the unit
 * (OBJECT_SYSTEMD_UNIT=, systemd.journal-fields(7)).
 */
export function entryText(unit: string | null, fields: EntryFields): string {
  const about = unit === null ? {} : { OBJECT_SYSTEMD_UNIT: unit };
  const all = { ...fields, ...about, SYSLOG_IDENTIFIER: 'httpd-guard' };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
