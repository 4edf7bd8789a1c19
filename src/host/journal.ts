import { type Fact, known } from '../core/fact.ts';
import { parseJournalEntry } from '../core/journal-entry.ts';
import { run } from './run.ts';
import { startTool } from './spawn-tool.ts';

const MOST_ENTRIES = 200;

/** The last messages that journald saw from one run of a unit, the oldest first. `invocationId` is systemd's. */
export async function readRunMessages(invocationId: string, timeoutMs: number): Promise<Fact<string[]>> {
  const output = await run({
    file: 'journalctl',
    args: [
      ...['--quiet', '--output=json', '--output-fields=MESSAGE', `--lines=${MOST_ENTRIES}`],
      `_SYSTEMD_INVOCATION_ID=${invocationId}`,
    ],
    timeoutMs,
  });
  if (!output.known) return output;
  return known(
    output.value.split('\n').flatMap((line) => parseJournalEntry(line)?.message.split('\n') ?? []),
  );
}

/**
 * Writes one entry of many fields under a unit, through logger(1), since Node has no socket of journald's kind. As root the
 * entry shows in `journalctl -u` and `systemctl status` of that unit (OBJECT_SYSTEMD_UNIT=, systemd.journal-fields(7)).
 * Values must hold no newline. Returns what went wrong, or null.
 */
export async function writeEntry(
  unit: string,
  fields: Readonly<Record<string, string | number>>,
  deadlineMs: number,
): Promise<string | null> {
  const all = { ...fields, OBJECT_SYSTEMD_UNIT: unit, SYSLOG_IDENTIFIER: 'httpd-guard' };
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  const logger = startTool(['logger', '--journald'], deadlineMs);
  logger.stdin?.end(lines.join(''));
  return (await logger.ended).failure;
}
