/** All rules of findings, as `check --json` and `diagnose --json` name them. */
export const RULES = [
  // About a set or a segment.
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
  'seen-in-use',
  'run-is-over',
  'attached',
  'living-user',
  'detached',
  // About a unit that is down.
  'unit',
  'state',
  'outsider',
  'pid-file',
  'configuration',
  'port',
  'table',
  'orphans',
  'need',
  'disk',
  'load',
  'job',
  'oom',
  'doubt',
  'line',
  // About sets that a running server lost.
  'may-have-removed',
] as const;

export type Rule = (typeof RULES)[number];

/** One finding: the rule, a sentence, and its source. */
export interface Evidence {
  rule: Rule;
  saw: string;
  /** The file or command that shows it. */
  source: string;
}
