import { type Done, done, notDone } from '../../core/done.ts';
import type { Step } from '../../core/recovery/decide-recovery.ts';
import { isUp } from '../../core/units/unit-state.ts';
import type { Server } from '../servers/find-server.ts';
import { type RecoveryDoors, unitAtRest } from './recovery-doors.ts';

/** How much longer than settleMs the verification may take. */
const SETTLE_GRACE_MS = 5_000;
/** On a busy machine processes start and exit during the scan, and sets are kept that the next scan proves to be orphaned. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 150;

/** Why a step did not do what it is for. */
type StepFailure =
  'not-ended' | 'not-removed' | 'unreachable' | 'refused' | 'not-started' | 'not-settled' | 'unhealthy';

/** Done if the step succeeded. */
export async function takeStep(
  step: Step,
  unit: string,
  server: Server,
  doors: RecoveryDoors,
): Promise<Done<StepFailure>> {
  switch (step.do) {
    case 'wait':
      await doors.clock.pause(step.ms);
      return done;
    case 'reap':
      return doors.terminate(step.workers);
    case 'clean':
      return clean(unit, server, doors);
    case 'reset-failed':
      return doors.resetFailed(unit);
    case 'start':
      return start(unit, doors, doors.start);
    case 'restart':
      return start(unit, doors, doors.restart);
    case 'settle':
      return settle(unit, step.ms, doors);
    case 'health':
      return doors.answersHealthy(step.url);
  }
}

async function clean(unit: string, server: Server, doors: RecoveryDoors): Promise<Done<StepFailure>> {
  for (let look = 1; ; look++) {
    const cleared = await doors.removeOrphans(unit, server);
    if (!cleared.ok) return cleared;
    if (!cleared.value.doubt || look === LOOKS) return done;
    await doors.clock.pause(BETWEEN_LOOKS_MS);
  }
}

async function start(
  unit: string,
  doors: RecoveryDoors,
  ask: RecoveryDoors['start'],
): Promise<Done<StepFailure>> {
  const asked = await ask(unit);
  if (!asked.ok) return asked;
  const settled = await unitAtRest(unit, doors);
  if (!settled.known) return notDone('not-settled', settled.why);
  const { active, result } = settled.value;
  return isUp(settled.value)
    ? done
    : notDone('not-started', `${unit} did not start: ${active}, result ${result}`);
}

/** Verifies that the unit stays active in one run for `ms`. */
async function settle(unit: string, ms: number, doors: RecoveryDoors): Promise<Done<StepFailure>> {
  const { clock, waitForUnit } = doors;
  const endMs = clock.steadyMs() + ms;
  const runs = new Set<string>();
  const seen = await waitForUnit(unit, ms + SETTLE_GRACE_MS, (facts) => {
    runs.add(facts.invocationId);
    return !isUp(facts) || runs.size > 1 || clock.steadyMs() >= endMs;
  });
  if (!seen.known) return notDone('not-settled', seen.why);
  const { active, result } = seen.value;
  if (!isUp(seen.value))
    return notDone('not-settled', `${unit} did not stay up: ${active}, result ${result}`);
  return runs.size === 1 ? done : notDone('not-settled', `${unit} was restarted meanwhile`);
}
