/** What a line of a log says, as far as it bears on semaphores. */
export const MESSAGE_KINDS = [
  /** A set could not be created: no set is free. */
  'create-failed',
  /** The same for a mutex that is a file: its disk or its inodes are used up. */
  'create-failed-file',
  /** A living server found that a set of its own is gone. */
  'set-removed',
  /** No room, but of a disk or of shared memory: looks alike, and has nothing to do with sets. */
  'no-room-elsewhere',
  'quota',
  'port-held',
  'config-error',
  /** A mutex could not be made or given away for another reason than room. */
  'other-errno',
  /** Says only that something failed before. */
  'follow-up',
  /** Another program found the table full. */
  'other-product',
  /** A SIGKILL, which is what leaves sets behind. */
  'leak-source',
] as const;

export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Error numbers, of Linux or of APR (above 20000); null stands for a line that names none. */
export type Errnos = 'any' | { only: readonly (number | null)[] } | { not: readonly (number | null)[] };

export interface MessageRule {
  id: string;
  /** Who writes it, and which versions do. */
  product: string;
  kind: MessageKind;
  /** The message's own text, without what stands before it (date, level, error number, AH number). */
  pattern: RegExp;
  when: Errnos;
  /** httpd logs it for a request, so it comes after "[client ...]". */
  perRequest?: true;
  /** The folder without space, where it is always the same one; else the line may name the file. */
  folder?: string;
  /** A line that this rule matches, and no other. */
  sample: string;
}

export const ENOSPC = 28;
export const EDQUOT = 122;

/** A message of any of these texts. */
export const anyOf = (...patterns: RegExp[]): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join('|'));

/**
 * A line without a number (an ErrorLogFormat without %E, or a program that does not print it) is taken for a lack of
 * room: it is a reason to look at the table, and the table shows whether it is true.
 */
export const NO_ROOM: Errnos = { only: [ENOSPC, null] };
