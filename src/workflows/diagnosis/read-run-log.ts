import { basename } from 'node:path';
import type { LogLine } from '../../core/diagnosis/failure-facts.ts';
import { type DatedLine, dateLines, linesOfRun } from '../../core/logs/lines-of-run.ts';
import { matchLine } from '../../core/logs/match-line.ts';
import { zoneOffsetMs } from '../../core/logs/zone-offset.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { Server } from '../servers/find-server.ts';
import { hostErrorLogs } from '../../host/httpd/host-error-logs.ts';
import { unitEnvironment } from '../../host/httpd/unit-environment.ts';
import { readErrorLogEnd } from '../../host/logs/error-log.ts';
import { readRunMessages } from '../../host/logs/read-run-messages.ts';

export interface RunLog {
  lines: LogLine[];
  /** Why a log could not be read. */
  missing: string[];
}

/**
 * The log of the unit's last run: the journal, its ErrorLog and those of its virtual hosts. If the first mutex fails, the error is
 * in the journal, otherwise in a file. For display only.
 */
export async function readRunLog({ unit, settings, errorLog }: Server, timeoutMs: number): Promise<RunLog> {
  if (!unit.known) return { lines: [], missing: [] };
  const { run, invocationId, name, execStart, failedCommand } = unit.value;
  const journal = await readRunMessages(invocationId, timeoutMs);
  const start = failedCommand?.command[0] ?? execStart?.path;
  const startName = start === undefined ? null : basename(start);
  const ofHosts = settings.known ? hostErrorLogs(settings.value, unit.value) : [];
  const offsetMs = zoneOffsetMs(unitEnvironment(unit.value).get('TZ') ?? null, run.began.realMs);
  const mainFile = errorLog?.startsWith('/') === true ? errorLog : null;
  const main = mainFile === null ? null : linesOfFile(mainFile, unit.value, offsetMs);
  const lines = [
    ...(journal.known ? journal.value : []).map((message) =>
      logLine(message, `journalctl -u ${name}`, message.identifier === startName),
    ),
    ...(main?.lines ?? []),
    // A log that cannot be read is skipped, since a host that never logged has none.
    ...ofHosts.flatMap((file) => linesOfFile(file, unit.value, offsetMs).lines),
  ];
  const missing = [
    ...(journal.known ? [] : [journal.why]),
    ...(main?.missing ?? []),
    ...(errorLog !== null && mainFile === null && !errorLog.startsWith('syslog')
      ? [`the ErrorLog goes to ${errorLog}, which is not read`]
      : []),
  ];
  return { lines, missing };
}

function linesOfFile(file: string, { run }: UnitFacts, offsetMs: number): RunLog {
  const log = readErrorLogEnd(file, run.began.realMs);
  if (!log.known) return { lines: [], missing: [log.why] };
  const lines = linesOfRun(dateLines(log.value, offsetMs), run.began.realMs);
  return { lines: lines.map((line) => logLine(line, file, false)), missing: [] };
}

function logLine({ text, atMs }: DatedLine, source: string, isFromStart: boolean): LogLine {
  return { text, atMs, source, isFromStart, match: matchLine(text) };
}
