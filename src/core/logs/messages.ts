import { CREATE_RULES } from './create-rules.ts';
import type { MessageRule } from './message-rule.ts';
import { NEIGHBOR_RULES } from './neighbor-rules.ts';
import { OTHER_FAILURE_RULES } from './other-failure-rules.ts';
import { REMOVAL_RULES } from './removal-rules.ts';

/** The catalogue: data only. match-line.ts compares a line with it. */
export const RULES: readonly MessageRule[] = [
  ...CREATE_RULES,
  ...REMOVAL_RULES,
  ...OTHER_FAILURE_RULES,
  ...NEIGHBOR_RULES,
];
