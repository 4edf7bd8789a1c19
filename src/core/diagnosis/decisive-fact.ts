import type { Evidence } from '../evidence.ts';
import type { Cause } from './cause.ts';

/** The longest part of a log line that is shown: a line can be as long as a request. */
export const MOST_LINE = 500;

/** The fact to name beside a cause: of a failure that httpd-guard does not handle what httpd logged, if anything. */
export function decisiveFact(cause: Cause, evidence: readonly Evidence[]): string {
  const line = cause === 'other' ? evidence.find(({ rule }) => rule === 'line') : undefined;
  const [first] = evidence;
  // A command that failed, and what it printed.
  const facts = first?.rule === 'job' && line !== undefined ? [first, line] : [line ?? first];
  return facts
    .map((fact) => fact?.saw ?? '')
    .join(': ')
    .slice(0, MOST_LINE);
}
