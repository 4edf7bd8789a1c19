import type { Diagnosis } from '../../core/diagnosis/diagnosis.ts';
import type { Lost } from '../../core/register/losses.ts';
import { readCronJobs } from '../../host/logs/read-cron-jobs.ts';
import { readAuditTraces, readJournalTraces } from '../../host/logs/read-removal-traces.ts';

const TIMEOUT_MS = 2_000;
/** A set can be missed a minute after it was removed, and a command that removed it was logged before. */
const BEFORE_MS = 10 * 60_000;
const AFTER_MS = 60_000;
const MOST_SUSPECTS = 5;

/** Adds who may have removed the sets of a server, by the audit log, the journal and cron jobs. For display only: all can be forged. */
export async function withSuspects(found: Diagnosis, lost: Lost, leftMs: number): Promise<Diagnosis> {
  if (found.cause !== 'set-removed-while-live') return found;
  const timeoutMs = Math.min(TIMEOUT_MS, leftMs);
  const period = { fromMs: lost.sinceRealMs - BEFORE_MS, toMs: lost.sinceRealMs + AFTER_MS };
  const [audit, journal] = await Promise.all([
    readAuditTraces(lost.ids, period, timeoutMs),
    readJournalTraces(period, timeoutMs),
  ]);
  const suspects = [...audit, ...journal, ...readCronJobs()].slice(0, MOST_SUSPECTS);
  const evidence = suspects.map((trace) => ({ rule: 'may-have-removed' as const, ...trace }));
  return { ...found, evidence: [...found.evidence, ...evidence] };
}
