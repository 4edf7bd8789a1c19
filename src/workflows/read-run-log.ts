import type { LogLine } from '../core/diagnosis/failure-facts.ts';
import { linesOfRun } from '../core/logs/lines-of-run.ts';
import { matchLine } from '../core/logs/match-line.ts';
import type { Server } from './find-server.ts';
import { readErrorLogEnd } from '../host/logs/error-log.ts';
import { readRunMessages } from '../host/logs/read-run-messages.ts';

export interface RunLog {
  lines: LogLine[];
  /** Why a log could not be read. */
  missing: string[];
}

/**
 * What the last run of the unit said, in its ErrorLog and in the journal: where the first mutex fails it is the one, else
 * the other. For people only.
 */
export async function readRunLog({ unit, settings }: Server, timeoutMs: number): Promise<RunLog> {
  if (!unit.known) return { lines: [], missing: [] };
  const { run, invocationId } = unit.value;
  const journal = await readRunMessages(invocationId, timeoutMs);
  const errorLog = settings.known ? settings.value.errorLog : null;
  const file = errorLog?.startsWith('/') === true ? errorLog : null;
  const fromFile = file === null ? null : readErrorLogEnd(file, run.began.realMs);
  const lines = [
    ...(journal.known ? toLines(journal.value, `journalctl -u ${unit.value.name}`) : []),
    ...(file !== null && fromFile?.known === true
      ? toLines(linesOfRun(fromFile.value, run.began.realMs), file)
      : []),
  ];
  const missing = [
    ...(journal.known ? [] : [journal.why]),
    ...(fromFile?.known === false ? [fromFile.why] : []),
    ...(errorLog !== null && file === null && !errorLog.startsWith('syslog')
      ? [`the ErrorLog goes to ${errorLog}, which is not read`]
      : []),
  ];
  return { lines, missing };
}

function toLines(texts: readonly string[], source: string): LogLine[] {
  return texts.map((text) => ({ text, match: matchLine(text), source }));
}
