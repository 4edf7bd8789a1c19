/** All rules that a finding can stand on, as `check --json` and `diagnose --json` name them. */
export const RULES = [
  // Of a set or a segment.
  'not-a-mutex',
  'other-owner',
  'owner-unknown',
  'owner-is-root',
  'cannot-see',
  'waiters',
  'last-pid',
  'no-living-httpd',
  'not-known-to',
  'could-be-known',
  'blind-spot',
  'attached',
  'living-user',
  'detached',
  // Of a unit that is down.
  'unit',
  'state',
  'outsider',
  'pid-file',
  'configuration',
  'port',
  'table',
  'orphans',
  'room',
  'doubt',
  'line',
] as const;

export type Rule = (typeof RULES)[number];

/** One finding: which rule, what it saw, and where anyone can look again. */
export interface Evidence {
  rule: Rule;
  saw: string;
  /** A file, or a command. */
  source: string;
}
