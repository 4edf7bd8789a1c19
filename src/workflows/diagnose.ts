import { type Diagnosis, diagnosis } from '../core/diagnosis/diagnosis.ts';
import type { RunEnding } from '../core/diagnosis/run-ending.ts';
import type { Server } from './find-server.ts';
import { readRunLog } from './read-run-log.ts';
import { collectFailureFacts } from './collect-failure-facts.ts';

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
