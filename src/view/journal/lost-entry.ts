import { lostSentence } from '../../core/check/health.ts';
import { MESSAGE_ID } from '../../core/message-ids.ts';
import { PRIORITY_NUMBER } from '../../core/priority.ts';
import type { Loss } from '../../core/register/losses.ts';

/** The fields of the journal entry about sets that a running httpd lost (documented in httpd-guard(8)). */
export function lostEntry({ run, ids }: Loss): Record<string, string | number> {
  return {
    MESSAGE: lostSentence(run.unit, ids.length),
    PRIORITY: PRIORITY_NUMBER.crit,
    MESSAGE_ID: MESSAGE_ID.lost,
    HTTPD_GUARD_UNIT: run.unit,
    HTTPD_GUARD_LOST: ids.length,
    HTTPD_GUARD_IDS: ids.slice(0, MOST_IDS).join(' '),
  };
}

const MOST_IDS = 50;
