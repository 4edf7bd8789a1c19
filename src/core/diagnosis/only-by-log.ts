import type { Evidence } from '../evidence.ts';
import type { Cause } from './cause.ts';

/** Whether only the log of the run shows a cause: it is marked by the evidence of a doubt. */
export function isOnlyByLog(cause: Cause, evidence: readonly Evidence[]): boolean {
  return cause !== 'unknown' && evidence.some(({ rule }) => rule === 'doubt');
}
