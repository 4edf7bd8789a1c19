import type { FailureFacts, ListeningOrphan } from '../../core/diagnosis/failure-facts.ts';
import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import type { Done, DoneWith } from '../../core/done.ts';
import type { Fact } from '../../core/fact.ts';
import type { Attempts } from '../../core/recovery/attempts.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import { isChanging } from '../../core/units/unit-state.ts';
import type { Clock } from '../../host/proc/real-clock.ts';
import type { StartTrial } from '../diagnosis/try-start.ts';
import type { Server, ServerChoice } from '../servers/find-server.ts';

/** Everything that a recovery can query and do. */
export interface RecoveryDoors {
  clock: Clock;
  /**
   * Waits until no other recovery acts on the unit, at most a minute: one that an admin has suspended must not keep httpd down. The
   * value lets the next one act.
   */
  takeTurn: (unit: string) => Promise<() => void>;
  findServer: (choice: ServerChoice) => Promise<Server>;
  /** Reads the unit until `isEnough`; unknown if that takes longer than `mostMs`. */
  waitForUnit: (
    unit: string,
    mostMs: number,
    isEnough: (facts: UnitFacts) => boolean,
  ) => Promise<Fact<UnitFacts>>;
  /** Begins to try what a start needs besides sets; null where that is not needed. */
  beginTrial: (server: Server) => Promise<StartTrial> | null;
  failureFacts: (server: Server, trial: Promise<StartTrial> | null) => Promise<FailureFacts>;
  readAttempts: (unit: string) => Fact<Attempts>;
  keepAttempts: (unit: string, attempts: Attempts) => void;
  keepEnding: (unit: string, ending: RunEnding) => void;
  terminate: (workers: readonly ListeningOrphan[]) => Promise<Done<'not-ended'>>;
  /** `doubt`: a set was kept because its owner could not be proven. */
  removeOrphans: (unit: string, server: Server) => Promise<DoneWith<{ doubt: boolean }, 'not-removed'>>;
  resetFailed: (unit: string) => Promise<Done<'unreachable' | 'refused'>>;
  /** Resolves as soon as systemd has queued the job. */
  start: (unit: string) => Promise<Done<'unreachable' | 'refused'>>;
  /** The same for a unit that systemd has up, although httpd has ended or does not answer. */
  restart: (unit: string) => Promise<Done<'unreachable' | 'refused'>>;
  answersHealthy: (url: string) => Promise<Done<'unhealthy'>>;
  /** Whether a URL answers at all. */
  answers: (url: string) => Promise<boolean>;
}

/** systemd's own restart may wait for RestartSec=. */
export const SETTLED_WITHIN_MS = 180_000;

/** The unit, as soon as systemd has finished its job with it. */
export function unitAtRest(unit: string, { waitForUnit }: RecoveryDoors): Promise<Fact<UnitFacts>> {
  return waitForUnit(unit, SETTLED_WITHIN_MS, (facts) => !isChanging(facts));
}
