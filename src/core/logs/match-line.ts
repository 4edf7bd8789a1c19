import type { Errnos, MessageKind, MessageRule } from './message-rule.ts';
import { RULES } from './messages.ts';

export interface LineMatch {
  /** The id of a rule in messages.ts. */
  rule: string;
  kind: MessageKind;
  /** The error number of Linux or of APR, where the line names one. */
  errno: number | null;
}

/** Every line that matches has one of these: most lines are done with after a look for them. */
export const QUICK_WORDS: readonly string[] = [
  'utex',
  'lock',
  'Lock',
  'sem',
  'No space left',
  'quota exceeded',
  'bind to address',
  'Syntax error',
  'Unable to',
  'Configuration Failed',
  'exit',
  'Kill',
];

/** The same for want of sets alone, narrow enough for a watcher of a hundred thousand lines. */
export const CREATE_FAILED_WORDS: readonly string[] = [
  'utex',
  'create accept lock',
  'cross-process lock',
  'create lock',
  'RewriteLock',
  'rewrite_log_lock',
  'jk_log_lock',
  'auditlog_lock',
  'semget',
  'semaphore',
];

/** What is matched on stands at the beginning; the rest of a line can be a client's, and of any length. */
const MOST_CHARACTERS = 4096;

/**
 * What a line of a log says: of httpd 1.3 to 2.4, its modules and its neighbours, with any prefix (a date, a level,
 * syslog's, none). Null for a line of no known kind.
 *
 * A client's text stands behind "[client …]", or in an access log behind the date, and is not looked at. But a script
 * of the server can write any line to its log, equal to the last byte to httpd's own, and such a line matches. So a
 * match is a reason to look at the machine, never a reason to act.
 */
export function matchLine(line: string): LineMatch | null {
  return matchesOf(line)[0] ?? null;
}

/** What each rule makes of a line. No line is claimed by two rules, so their order says nothing; the tests hold that. */
export function matchesOf(line: string): LineMatch[] {
  const text = line.slice(0, MOST_CHARACTERS);
  if (!QUICK_WORDS.some((word) => text.includes(word))) return [];
  const parts = split(text);
  return RULES.flatMap((rule) => {
    const match = rule.perRequest === true ? requestMatch(rule, parts) : null;
    return match ?? ownMatch(rule, parts) ?? [];
  });
}

interface Parts {
  /** What httpd wrote before any word of a client. */
  own: string;
  /** "[client …] " with the error and AH numbers behind it, as log.c writes them; empty in a line without a client. */
  mark: string;
  /** The message about the client. */
  about: string;
}

/** Where a client's text can begin: log.c's mark of it, or the request in an access log. */
const CLIENT = /\[(?:client|remote) |\] "/;

/** Modules repeat the mark. 2.4 writes the error number before it, 2.2 behind it (log.c). */
const MARK = /^(?:\[(?:client|remote) [^\]]{1,100}\] ){1,2}(?:\(\d{1,6}\)[^:]{1,80}: )?(?:AH\d{5}: )?/;

function split(text: string): Parts {
  const start = text.search(CLIENT);
  if (start === -1) return { own: text, mark: '', about: '' };
  const rest = text.slice(start);
  const mark = MARK.exec(rest)?.[0] ?? '';
  return { own: text.slice(0, start), mark, about: mark === '' ? '' : rest.slice(mark.length) };
}

function ownMatch(rule: MessageRule, { own }: Parts): LineMatch | null {
  return rule.pattern.test(own) ? ifErrno(rule, errnoOf(own)) : null;
}

/** The message must be the first thing said about the client: what a client sent is always introduced by httpd's words. */
function requestMatch(rule: MessageRule, { own, mark, about }: Parts): LineMatch | null {
  const match = rule.pattern.exec(about);
  return match?.index === 0 ? ifErrno(rule, errnoOf(own + mark + match[0])) : null;
}

function ifErrno({ id, kind, when }: MessageRule, errno: number | null): LineMatch | null {
  return isAmong(errno, when) ? { rule: id, kind, errno } : null;
}

function isAmong(errno: number | null, when: Errnos): boolean {
  if (when === 'any') return true;
  return 'only' in when ? when.only.includes(errno) : !when.not.includes(errno);
}

/** "(28)No space left on device", as log.c writes it, or a number of APR's own above 20000; mod_jk writes "errno=28". */
const NUMBER = /\((\d{1,6})\)[A-Z]|\berrno=(\d{1,3})\b/;

/** strerror(3) of glibc, for those who write only the text. httpd sets no locale, so it is the English one. */
const ERRNO_OF_TEXT: readonly [string, number][] = [
  ['No space left on device', 28],
  ['Identifier removed', 43],
  ['Invalid argument', 22],
  ['Disk quota exceeded', 122],
  ['Permission denied', 13],
  ['Operation not permitted', 1],
  ['No such file or directory', 2],
  ['File exists', 17],
  ['Cannot allocate memory', 12],
  ['Function not implemented', 38],
  ['Operation not supported', 95],
];

function errnoOf(text: string): number | null {
  const [, httpds, jks] = NUMBER.exec(text) ?? [];
  const number = httpds ?? jks;
  if (number !== undefined) return Number(number);
  return ERRNO_OF_TEXT.find(([words]) => text.includes(words))?.[1] ?? null;
}
