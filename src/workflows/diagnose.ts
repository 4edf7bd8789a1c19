import { type Diagnosis, diagnosis } from '../core/diagnosis/diagnosis.ts';
import type { RunEnding } from '../core/diagnosis/run-ending.ts';
import type { Server } from './find-server.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';
import { readRunLog } from './read-run-log.ts';
import { collectFailureFacts } from './collect-failure-facts.ts';

/** Finds out why the unit is down, by facts of the machine and the log of the last run. */
export async function diagnoseServer(
  server: Server,
  endingOf: (invocationId: string) => RunEnding | null,
  systemd: SystemdSession,
): Promise<Diagnosis> {
  const [facts, words] = await Promise.all([
    collectFailureFacts(server, endingOf, systemd),
    readRunLog(server, systemd.leftMs()),
  ]);
  return diagnosis(facts, words.lines, [...server.missing, ...words.missing]);
}
