import { type LineParts, splitLine } from './line-parts.ts';
import type { Errnos, MessageKind, MessageRule } from './message-rule.ts';
import { RULES } from './messages.ts';
import { UNLISTED_RULES } from './unlisted-rules.ts';

export interface LineMatch {
  /** The id of a rule in messages.ts. */
  rule: string;
  kind: MessageKind;
  /** The error number of Linux or of APR, where the line names one. */
  errno: number | null;
  /**
   * Where there is no space left: the file that could not be written, or its folder. Null where the line names none, or is
   * of another form. It can be forged like the line: to be looked at and shown, escaped, no more.
   */
  path: string | null;
}

/** Every matching line contains one of these: most lines are excluded by them. */
export const QUICK_WORDS: readonly string[] = [
  'utex',
  'ock',
  'sem',
  '(28)',
  'No space left',
  '(122)',
  'bind to address',
  'Syntax error',
  'Unable to',
  'Configuration Failed',
  'exit',
  'Kill',
  'Unclean',
  'log pid',
];

/** The same for failed creations of sets only, selective enough for a watcher of a hundred thousand lines. */
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
  'global lock',
  'process lock',
  'shared lock',
];

/** What is matched on stands at the beginning; the rest of a line can be a client's, and of any length. */
const MOST_CHARACTERS = 4096;

/**
 * What a line of a log says: of httpd 1.3 to 2.4, its modules and its neighbours, with any prefix (a date, a level,
 * syslog's, none). Null for a line of no known kind.
 *
 * A client's text stands behind "[client ...]", or in an access log behind the date, and is not looked at. But a script
 * of the server can write any line to its log, equal to the last byte to httpd's own, and such a line matches. So a
 * match is a reason to look at the machine, never a reason to act.
 */
export function matchLine(line: string): LineMatch | null {
  return matchesOf(line)[0] ?? null;
}

/**
 * What each rule makes of a line. No line is claimed by two rules of the catalogue, so their order says nothing; the tests
 * hold that. Where none claims it, the first of the rules for unlisted messages counts.
 */
export function matchesOf(line: string): LineMatch[] {
  const text = line.slice(0, MOST_CHARACTERS);
  if (!QUICK_WORDS.some((word) => text.includes(word))) return [];
  const parts = splitLine(text);
  const listed = RULES.flatMap((rule) => matchRule(rule, parts) ?? []);
  return listed.length > 0
    ? listed
    : UNLISTED_RULES.flatMap((rule) => matchRule(rule, parts) ?? []).slice(0, 1);
}

function matchRule(rule: MessageRule, { own, mark, about, isLoud }: LineParts): LineMatch | null {
  const request = rule.perRequest === true || isLoud ? rule.pattern.exec(about) : null;
  // The message must begin what is said about the client: what a client sent is always introduced by httpd's words.
  if (request !== null && request.index <= (isLoud ? beginLength(about) : 0)) {
    const match = ifErrno(rule, errnoOf(own + mark + request[0]), about);
    if (match !== null) return match;
  }
  const match = rule.pattern.exec(own);
  return match === null ? null : ifErrno(rule, errnoOf(own), own.slice(match.index));
}

/** The words of a module before those that a rule knows: "mod_x: can't ". */
function beginLength(about: string): number {
  const begin =
    /^(?:mod_\w{1,30}(?: ?\([^)]{1,20}\))?: )?(?:can't|cannot|couldn't|could not|failed to|unable to) /i;
  return begin.exec(about)?.[0].length ?? 0;
}

function ifErrno(
  { id, kind, when, folder }: MessageRule,
  errno: number | null,
  message: string,
): LineMatch | null {
  if (!isAmong(errno, when)) return null;
  const isDisk = kind === 'create-failed-file' || kind === 'no-room-elsewhere' || kind === 'quota';
  return { rule: id, kind, errno, path: isDisk ? (folder ?? pathIn(message)) : null };
}

/** An absolute path: in brackets or quotes, which may hold spaces, or as one word, without the dot that ends a sentence. */
const PATH = /\(file (\/[^)]+)\)|'(\/[^']+)'|(?:^|[ ("`:=])(\/[^\s'"`(),:\\]*[^\s'"`(),:.\\])/;

function pathIn(message: string): string | null {
  const [, inBrackets, inQuotes, word] = PATH.exec(message) ?? [];
  return inBrackets ?? inQuotes ?? word ?? null;
}

function isAmong(errno: number | null, when: Errnos): boolean {
  if (when === 'any') return true;
  return 'only' in when ? when.only.includes(errno) : !when.not.includes(errno);
}

/**
 * "(28)No space left on device", as log.c writes it, or a number of APR's own above 20000. A module that calls setlocale(3)
 * gets the text in another language, and log.c of 2.2 escapes its letters: the number alone counts. mod_jk writes "errno=28".
 */
const NUMBER = /\((\d{1,6})\)[\p{L}\\\uFFFD]|\berrno(?:=|: )(\d{1,3})\b/u;

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
