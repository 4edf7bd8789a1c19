import { startTool } from '../exec/spawn-tool.ts';

export type EntryFields = Readonly<Record<string, string | number>>;

/**
 * Writes one entry of many fields under a unit, through logger(1), since Node has no socket of journald's kind. Returns what
 * went wrong, or null.
 */
export async function writeEntry(
  unit: string | null,
  fields: EntryFields,
  deadlineMs: number,
): Promise<string | null> {
  const logger = startTool(['logger', '--journald'], deadlineMs);
  logger.stdin?.end(entryText(unit, fields));
  return (await logger.ended).failure;
}

/**
 * An entry as journald itself takes it, a field a line (systemd: docs/JOURNAL_NATIVE_PROTOCOL.md). Values must hold no
 * newline. From root it shows in `journalctl -u` and `systemctl status` of the unit (OBJECT_SYSTEMD_UNIT=,
 * systemd.journal-fields(7)).
 */
export function entryText(unit: string | null, fields: EntryFields): string {
  const about = unit === null ? {} : { OBJECT_SYSTEMD_UNIT: unit };
  const all = { ...fields, ...about, SYSLOG_IDENTIFIER: 'httpd-guard' };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
