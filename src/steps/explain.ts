import { type Diagnosis, diagnosis } from '../core/diagnosis.ts';
import type { RunEnding } from '../core/run-ending.ts';
import type { Server } from '../host/find-server.ts';
import { readRunLog } from '../host/last-words.ts';
import { collectFailureFacts } from '../host/look-at-failure.ts';

/** Looks at the machine and reads the last run's log, to tell why the unit is down. `deadlineMs` is on performance.now()'s clock. */
export async function diagnoseServer(
  server: Server,
  endingOf: (invocationId: string) => RunEnding | null,
  deadlineMs: number,
): Promise<Diagnosis> {
  const [facts, words] = await Promise.all([
    collectFailureFacts(server, endingOf, deadlineMs),
    readRunLog(server, Math.max(1, deadlineMs - performance.now())),
  ]);
  return diagnosis(facts, words.lines, [...server.missing, ...words.missing]);
}
