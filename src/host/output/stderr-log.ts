import { fstatSync, writeSync } from 'node:fs';
import { PRIORITY_NUMBER, type Priority } from '../../core/priority.ts';

const PINO_LEVEL = { crit: 'fatal', err: 'error', warning: 'warn', notice: 'info', info: 'info' } as const;

export interface LogStyle {
  json: boolean;
  /** Only warnings and worse. */
  quiet: boolean;
}

/**
 * Writes one log line to stderr: a plain sentence, with its priority as a prefix if stderr is the journal (sd-daemon(3)), or a
 * JSON object by pino, which is loaded only then. Never fails: a log that cannot be written is no reason to stop.
 */
export async function log(
  style: LogStyle,
  priority: Priority,
  sentence: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  if (style.quiet && PRIORITY_NUMBER[priority] > PRIORITY_NUMBER.warning) return;
  try {
    if (style.json) {
      const { pino } = await import('pino');
      const logger = pino({ base: null, level: 'info' }, pino.destination({ fd: 2, sync: true }));
      logger[PINO_LEVEL[priority]]({ priority, ...fields }, sentence);
      return;
    }
    const prefix = stderrIsJournal() ? `<${PRIORITY_NUMBER[priority]}>` : '';
    writeSync(2, `${prefix}httpd-guard: ${sentence}\n`);
  } catch {
    // There is nowhere to report it.
  }
}

/** Whether stderr is the stream to the journal that systemd connected, by its device and inode (systemd.exec(5), $JOURNAL_STREAM). */
export function stderrIsJournal(): boolean {
  try {
    const { dev, ino } = fstatSync(2);
    return process.env['JOURNAL_STREAM'] === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
