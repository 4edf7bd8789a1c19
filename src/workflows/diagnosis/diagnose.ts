import { type Diagnosis, diagnosis } from '../../core/diagnosis/diagnosis.ts';
import type { FailureFacts } from '../../core/diagnosis/failure-facts.ts';
import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import type { Server } from '../servers/find-server.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { journalWitness } from './read-journal-witness.ts';
import { readRunLog } from './read-run-log.ts';
import { withSuspects } from './read-suspects.ts';
import { collectFailureFacts } from './collect-failure-facts.ts';
import { beginTrial } from './try-start.ts';

/** Finds out why the unit is down, by facts of the machine and the log of the last run. */
export async function diagnoseServer(
  server: Server,
  endingOf: (invocationId: string) => RunEnding | null,
  systemd: SystemdSession,
): Promise<Diagnosis> {
  const trial = beginTrial(server, endingOf, systemd);
  const facts = await collectFailureFacts(server, endingOf, systemd, journalWitness, trial);
  return diagnoseFacts(server, facts, systemd);
}

/** The same by facts that were collected already. */
export async function diagnoseFacts(
  server: Server,
  facts: FailureFacts,
  systemd: SystemdSession,
): Promise<Diagnosis> {
  const log = await readRunLog(server, systemd.leftMs());
  const found = diagnosis(facts, log.lines, [...server.missing, ...log.missing]);
  return facts.lost === null ? found : withSuspects(found, facts.lost, systemd.leftMs());
}
