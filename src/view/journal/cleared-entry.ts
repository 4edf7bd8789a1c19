import type { CleanResult } from '../../core/verdict/clean-result.ts';
import { MESSAGE_ID } from '../../core/message-ids.ts';
import { PRIORITY_NUMBER } from '../../core/priority.ts';
import { type What, clearedSentence } from '../clean-text.ts';

/** The commands that remove sets, as HTTPD_GUARD_COMMAND names them (httpd-guard(8)). */
export type ClearingCommand = 'clean' | 'pre-start' | 'post-stop' | 'recover';

/** A full table has 32,000 sets, too many to read in one entry. */
const MOST_IDS = 50;

/** The fields of the journal entry about what was removed or could not be (documented in httpd-guard(8)). */
export function clearedEntry(
  result: CleanResult,
  unit: string | null,
  command: ClearingCommand,
  what: What = 'semaphore set',
): Record<string, string | number> {
  const { removed, failed } = result;
  const { priority, sentence } = clearedSentence(result, what);
  return {
    MESSAGE: sentence,
    PRIORITY: PRIORITY_NUMBER[priority],
    MESSAGE_ID: what === 'semaphore set' ? MESSAGE_ID.cleared : MESSAGE_ID.clearedMemory,
    HTTPD_GUARD_UNIT: unit ?? '-',
    HTTPD_GUARD_COMMAND: command,
    HTTPD_GUARD_REMOVED: removed.length,
    HTTPD_GUARD_FAILED: failed.length,
    HTTPD_GUARD_IDS: removed.slice(0, MOST_IDS).join(' ') || '-',
  };
}
