/** A line of a log, by who may have worded what. */
export interface LineParts {
  /** What httpd wrote before any word of a client. */
  own: string;
  /** "[client ...] " with the error and AH numbers behind it, as log.c writes them; empty in a line without a client. */
  mark: string;
  /** The message about the client. */
  about: string;
  /**
   * Whether its level is emerg, alert or crit: httpd and its modules alone log those about a client. What a script says on
   * stderr, which may begin with a client's words, is logged at error or below.
   */
  isLoud: boolean;
}

/** Where a client's text can begin: log.c's mark of it, or the request in an access log. */
const CLIENT = /\[(?:client|remote) |\] "/;

/** Modules repeat the mark. 2.4 writes the error number before it, 2.2 behind it (log.c). */
const MARK = /^(?:\[(?:client|remote) [^\]]{1,100}\] ){1,2}(?:\(\d{1,6}\)[^:]{1,80}: )?(?:AH\d{5}: )?/;

/** The same with the fields that an ErrorLogFormat may have behind a mark at its beginning: each in brackets. */
const LEADING_MARK =
  /^\[(?:client|remote) [^\]]{1,100}\] ?(?:\[[^\]]{0,100}\] ?)*(?:\(\d{1,6}\)[^:]{1,80}: )?(?:AH\d{5}: )?/;

/** A mark without a client, as %a gives it outside of a request: "[client -] ", "[client ] " or, cut at its space, "[client [". */
const NO_CLIENT = /^\[(?:client|remote) (?:-?\] ?|(?:- )?(?=\[))/;

const LOUD = /[[:](?:emerg|alert|crit)\]/;

/** Marks without a client that are passed over: an ErrorLogFormat has one or two, a hostile line thousands. */
const MOST_EMPTY_MARKS = 8;

/** Splits a line where a client's text may begin, after `passed` marks without a client. */
export function splitLine(text: string, passed = 0): LineParts {
  const start = text.search(CLIENT);
  if (start === -1) return { own: text, mark: '', about: '', isLoud: false };
  const own = text.slice(0, start);
  const rest = text.slice(start);
  if (!isLead(own)) return partsOf(own, MARK, rest);
  const none = NO_CLIENT.exec(rest)?.[0];
  if (none === undefined || passed === MOST_EMPTY_MARKS) return partsOf(own, LEADING_MARK, rest);
  const { own: more, ...others } = splitLine(rest.slice(none.length), passed + 1);
  return { own: own + more, ...others };
}

function partsOf(own: string, markForm: RegExp, rest: string): LineParts {
  const mark = markForm.exec(rest)?.[0] ?? '';
  const about = mark === '' ? '' : rest.slice(mark.length);
  return { own, mark, about, isLoud: LOUD.test(own + mark) };
}

/** A date, a host, a pid: what can stand before a mark in an ErrorLogFormat that has level and message behind it. No message, which could quote a client. */
const LEAD = /^(?:[^"'/:[\]()]|:(?=\d)|: $|\[[^\]"'/()]{0,100}\])*$/;
const LEVEL = /[[:](?:emerg|alert|crit|error|warn|notice|info|debug|trace\d)\]/;

function isLead(own: string): boolean {
  return own.length <= 200 && LEAD.test(own) && !LEVEL.test(own) && !/AH\d{5}/.test(own);
}
