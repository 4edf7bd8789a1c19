import type { UnitFacts } from '../units/unit-facts.ts';
import type { Evidence } from '../evidence.ts';
import type { Cause } from './cause.ts';
import type { FailureFacts } from './failure-facts.ts';

/** What a rule found: the cause of a failure, with its evidence. */
export interface Finding {
  cause: Cause;
  evidence: Evidence[];
  /** Whether the finding is uncertain, since httpd may have failed before it needed a set; a line of its log can contradict it. */
  weak?: true;
  /** Whether it was the cause when the run ended, and can no longer be seen. */
  isOver?: true;
  /** Whether it was killed: no start has failed yet, but the next one will. */
  isBeforeStart?: true;
  /** Whether the semaphore table is too small for this httpd, whatever it holds now. */
  isTableTooSmall?: true;
}

/** One possible cause: its evidence, or null. */
export type CauseRule = (unit: UnitFacts, facts: FailureFacts) => Finding | null;
