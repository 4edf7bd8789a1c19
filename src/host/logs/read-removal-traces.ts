import {
  JOURNAL_TRACE_FIELDS,
  type RemovalTrace,
  auditTraces,
  journalTrace,
} from '../../core/logs/removal-traces.ts';
import { run, tryRun } from '../exec/run.ts';

/** A period, wall clock, in milliseconds. */
export interface Period {
  fromMs: number;
  toMs: number;
}

const MOST_ENTRIES = 1_000;

/** Programs that log the commands that they run; journald reads the path of the program from /proc itself. */
const LOG_COMMANDS = ['/usr/sbin/cron', '/usr/sbin/crond', '/usr/bin/sudo', '/usr/bin/ipcrm'];

/** Calls of ipcrm that the journal names in a period. Best effort. */
export async function readJournalTraces(
  { fromMs, toMs }: Period,
  timeoutMs: number,
): Promise<RemovalTrace[]> {
  const output = await run({
    file: 'journalctl',
    args: [
      '--system',
      '--quiet',
      '--output=json',
      `--output-fields=${JOURNAL_TRACE_FIELDS.join()}`,
      `--lines=${MOST_ENTRIES}`,
      `--since=@${Math.floor(fromMs / 1000)}`,
      `--until=@${Math.ceil(toMs / 1000)}`,
      ...LOG_COMMANDS.map((path) => `_EXE=${path}`),
      '+',
      '_COMM=ipcrm',
    ],
    timeoutMs,
  });
  return output.known ? output.value.split('\n').flatMap((line) => journalTrace(line) ?? []) : [];
}

/**
 * What the kernel's audit recorded in a period: removals of these sets, with a rule for semctl(2), and calls of ipcrm. None without
 * auditd, whose ausearch(8) reads its log.
 */
export async function readAuditTraces(
  ids: readonly number[],
  { fromMs, toMs }: Period,
  timeoutMs: number,
): Promise<RemovalTrace[]> {
  const queries = await Promise.all(
    [
      ['--syscall', 'semctl'],
      ['--comm', 'ipcrm'],
    ].map((query) =>
      tryRun({
        file: 'ausearch',
        args: [
          '--input-logs',
          '--raw',
          '--start',
          ...dateAndTime(fromMs),
          '--end',
          ...dateAndTime(toMs),
          ...query,
        ],
        env: { TZ: 'UTC' },
        timeoutMs,
      }),
    ),
  );
  const text = queries.map((ran) => (ran.known ? ran.value.stdout : '')).join('\n');
  return auditTraces(text, new Set(ids));
}

/** As strptime(3) reads %x and %X in the locale C, which has two digits of the year (ausearch(8), --start). */
function dateAndTime(ms: number): [date: string, time: string] {
  const [year = '', month = '', day = '', time = ''] = new Date(ms).toISOString().split(/[-T.]/);
  return [`${month}/${day}/${year.slice(-2)}`, time];
}
