/** The fields of a journal entry that are used here. */
export interface JournalEntry {
  cursor: string;
  /** The unit that wrote it, by journald: _SYSTEMD_UNIT. Null for an entry of the kernel. */
  unit: string | null;
  message: string;
  /** The unit whose end systemd reports with this entry, or null. */
  endedUnit: string | null;
  /** The unit whose main process systemd reports to have exited, or null. */
  exitedUnit: string | null;
}

/** systemd's own messages, by MESSAGE_ID (systemd: sd-messages.h): SD_MESSAGE_UNIT_FAILURE_RESULT, SD_MESSAGE_UNIT_SUCCESS, and of older ones SD_MESSAGE_UNIT_FAILED. */
const ENDED_IDS: readonly string[] = [
  'd9b373ed55a64feb8242e02dbe79a49c',
  '7ad2d189f7e94e70a38c781354912448',
  'be02cf6855d2428ba40df7e9d022f03d',
];

/** Without a MESSAGE_ID before systemd 240 (systemd: service.c, service_sigchld_event). */
const MAIN_EXITED = 'Main process exited';

/** The texts of these messages; each has one of them (systemd: unit.c, unit_log_success, unit_log_failure; job.c). */
export const ENDED_WORDS: readonly string[] = [
  'Failed with result',
  'Deactivated successfully',
  'Succeeded',
  'entered failed state',
  'Failed to start',
  MAIN_EXITED,
];

/**
 * Parses one line of `journalctl -o json`. Only fields that begin with "_" are set by journald (systemd.journal-fields(7)). A
 * binary message is an array of bytes, one that is too long is null (systemd: logs-show.c), a repeated field is an array of
 * strings. Null for any other line.
 */
export function parseJournalEntry(line: string): JournalEntry | null {
  let entry: Record<string, unknown> | null;
  try {
    entry = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return null;
  }
  const cursor = entry?.['__CURSOR'];
  if (entry === null || typeof cursor !== 'string') return null;
  const { _SYSTEMD_UNIT: unit, _PID: pid, UNIT: about, MESSAGE_ID: id } = entry;
  const message = fieldText(entry['MESSAGE']);
  const bySystemd = pid === '1' && typeof about === 'string' ? about : null;
  const isEnd = typeof id === 'string' && ENDED_IDS.includes(id);
  return {
    cursor,
    unit: typeof unit === 'string' ? unit : null,
    message,
    endedUnit: isEnd ? bySystemd : null,
    exitedUnit: message.includes(MAIN_EXITED) ? bySystemd : null,
  };
}

/** The text of a field of any form; empty if it has none. */
export function fieldText(field: unknown): string {
  if (typeof field === 'string') return field;
  if (!Array.isArray(field)) return '';
  return field.every((part) => typeof part === 'number')
    ? String.fromCharCode(...field.slice(0, MOST_CHARACTERS))
    : fieldText(field.find((part) => typeof part === 'string'));
}

/** How much of a line is used: rules match at the beginning. */
const MOST_CHARACTERS = 4096;
