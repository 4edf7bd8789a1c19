import { lostSentence } from '../../core/check/health.ts';
import { MESSAGE_ID } from '../../core/message-ids.ts';
import { PRIORITY_NUMBER } from '../../core/priority.ts';
import type { Loss } from '../../core/register/loss.ts';
import { escape } from '../escape.ts';

/**
 * The fields of the journal entry about sets that a running httpd lost (documented in httpd-guard(8)). `suspects`: who may have
 * removed them, text of logs and of users' files.
 */
export function lostEntry({ run, ids }: Loss, suspects: readonly string[]): Record<string, string | number> {
  const shown = suspects.map((suspect) => escape(suspect.slice(0, MOST_SUSPECT)));
  const who =
    shown.length === 0
      ? ''
      : `. What may have removed ${ids.length === 1 ? 'it' : 'them'}: ${shown.join('; ')}`;
  return {
    MESSAGE: `${lostSentence(run.unit, ids.length)}${who}`,
    PRIORITY: PRIORITY_NUMBER.crit,
    MESSAGE_ID: MESSAGE_ID.lost,
    HTTPD_GUARD_UNIT: run.unit,
    HTTPD_GUARD_LOST: ids.length,
    HTTPD_GUARD_IDS: ids.slice(0, MOST_IDS).join(' '),
    HTTPD_GUARD_SUSPECTS: shown.length === 0 ? '-' : shown.join('; '),
  };
}

const MOST_IDS = 50;
const MOST_SUSPECT = 400;
