import type { MessageKind } from '../logs/message-rule.ts';
import { isUp } from '../units/unit-state.ts';
import type { Cause } from './cause.ts';
import type { FailureFacts, LogLine } from './failure-facts.ts';

/** A server logs its error right before it exits; earlier lines are about something else. */
const LAST_MS = 10_000;

/**
 * The lines that may show why a run ended, oldest first: those of its last seconds, without lines of unknown time, which may be
 * hours older. All lines of a run that has not ended.
 */
export function lastLines({ unit }: FailureFacts, lines: readonly LogLine[]): LogLine[] {
  const sorted = lines.toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
  if (!unit.known || isUp(unit.value)) return sorted;
  const { began, stamps } = unit.value.run;
  const endMs = Math.max(began.realMs, ...stamps.map(({ realMs }) => realMs));
  // Timestamps of httpd 2.2 have no fraction.
  const sinceMs = Math.floor((endMs - LAST_MS) / 1000) * 1000;
  return sorted.filter(({ atMs }) => atMs !== null && atMs >= sinceMs);
}

/** The kinds of lines that match a cause. */
const KINDS_OF: Partial<Record<Cause, readonly MessageKind[]>> = {
  'semaphore-leak': ['create-failed'],
  'semaphore-demand': ['create-failed'],
  'disk-full': ['create-failed-file', 'no-room-elsewhere'],
  'inodes-full': ['create-failed-file', 'no-room-elsewhere'],
  'shm-full': ['no-room-elsewhere'],
  'quota-exceeded': ['quota'],
  'port-held-by-orphans': ['port-held'],
  'port-held-by-other': ['port-held'],
  'set-removed-while-live': ['set-removed'],
  'config-error': ['config-error'],
};

/** Kinds that only report an earlier failure, another run or another program. */
const OF_OTHERS: readonly MessageKind[] = ['follow-up', 'leak-source', 'other-product'];

/**
 * The line to quote with a cause: one of its kind, else the first fatal one, since later ones are consequences. Null if no line
 * is relevant. `lines` are those of `lastLines`.
 */
export function lineToQuote(cause: Cause, lines: readonly LogLine[], didExit: boolean): LogLine | null {
  const kinds = KINDS_OF[cause] ?? [];
  return (
    lines.find(({ match }) => match !== null && kinds.includes(match.kind)) ??
    firstFatal(lines) ??
    lines.find(
      ({ match, text }) => match === null && HAS_ERROR_LEVEL.test(text) && !OF_A_CLIENT.test(text),
    ) ??
    (didExit ? lines.find(isFromStart) : undefined) ??
    null
  );
}

/**
 * The first fatal line, or the error of the operating system that the same process logged right before it: some modules log why
 * they fail at level error, and that they fail at emerg (httpd: modules/cache/mod_socache_shmcb.c, modules/ssl/ssl_scache.c).
 */
export function firstFatal(lines: readonly LogLine[]): LogLine | undefined {
  const at = lines.findIndex(isFatal);
  const fatal = lines[at];
  const before = lines[at - 1];
  if (fatal === undefined || before === undefined) return fatal;
  const { text, match } = before;
  const pid = PID.exec(fatal.text)?.[1];
  const isReason =
    match === null &&
    pid !== undefined &&
    pid === PID.exec(text)?.[1] &&
    HAS_ERROR_LEVEL.test(text) &&
    HAS_ERROR_NUMBER.test(text) &&
    !OF_A_CLIENT.test(text);
  return isReason ? before : fatal;
}

/** As log.c writes it; the thread may follow. */
const PID = /\[pid (\d{1,10})[\]:]/;
const HAS_ERROR_NUMBER = /\] \(\d{1,6}\)[^ ]/;

/** Level emerg, alert or crit, or a line printed before the log is open: an error or AH number without a level (httpd: server/log.c). */
function isFatal({ match, text }: LogLine): boolean {
  if (match !== null) return !OF_OTHERS.includes(match.kind);
  if (OF_A_CLIENT.test(text)) return false;
  return /[[:](?:emerg|alert|crit)\]/.test(text) || /^\(\d{1,6}\)[^ ]/.test(text);
}

const HAS_ERROR_LEVEL = /[[:]error\]/;
const OF_A_CLIENT = /\[(?:client|remote) \d/;

/** Warnings that httpd prints at each start: AH00112 of a missing folder, AH00558 of its name, AH00548 of NameVirtualHost. */
const WARNING = /AH00(?:112|117|548|557|558|559)\b|\bwarn/i;

/** What Debian's apachectl prints after every failure (apache2: debian/config-dir/apache2ctl). */
const FAILED = /^(?:Action '[\w-]{1,40}' failed|The Apache error log may have more information)\.$/;

function isFromStart({ match, text, isFromStart: own }: LogLine): boolean {
  return (
    own &&
    match === null &&
    /\S/.test(text) &&
    !WARNING.test(text) &&
    !FAILED.test(text.trim()) &&
    !/[[:](?:notice|info|debug)\]/.test(text)
  );
}
