import { type Diagnosis, diagnosis } from '../core/diagnosis.ts';
import type { RunEnding } from '../core/run-ending.ts';
import type { Server } from '../host/find-server.ts';
import { readLastWords } from '../host/last-words.ts';
import { lookAtFailure } from '../host/look-at-failure.ts';

/** Looks at the machine and reads the last run's log, to tell why the unit is down. `deadlineMs` is on performance.now()'s clock. */
export async function explain(
  server: Server,
  endingOf: (invocationId: string) => RunEnding | null,
  deadlineMs: number,
): Promise<Diagnosis> {
  const [facts, words] = await Promise.all([
    lookAtFailure(server, endingOf, deadlineMs),
    readLastWords(server, Math.max(1, deadlineMs - performance.now())),
  ]);
  return diagnosis(facts, words.lines, [...server.missing, ...words.missing]);
}
