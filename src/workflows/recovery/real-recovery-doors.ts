import type { RunEnding } from '../../core/diagnosis/run-ending.ts';
import { type DoneWith, doneWith, notDone } from '../../core/done.ts';
import { known } from '../../core/fact.ts';
import { readClock } from '../../host/proc/clock.ts';
import { answers, answersHealthy } from '../../host/httpd/health-check.ts';
import { realClock } from '../../host/proc/real-clock.ts';
import { terminate } from '../../host/proc/terminate.ts';
import { takeLock } from '../../host/state/lock.ts';
import { keepRunEnding } from '../../host/state/keep-run-ending.ts';
import { readRunEnding } from '../../host/state/read-run-ending.ts';
import { actOnSystemd } from '../../host/systemd/systemd-actions.ts';
import { ASK_TIMEOUT_MS, type SystemdSession } from '../../host/systemd/systemd-session.ts';
import { waitForUnit } from '../../host/systemd/wait-for-unit.ts';
import { escape } from '../../view/escape.ts';
import { collectFailureFacts } from '../diagnosis/collect-failure-facts.ts';
import { type Caching, type Server, findServer } from '../servers/find-server.ts';
import { beginTrial } from '../diagnosis/try-start.ts';
import { noWitness } from '../diagnosis/journal-witness.ts';
import { AttemptsInMemory } from './attempts-in-memory.ts';
import type { RecoveryDoors } from './recovery-doors.ts';
import { removeOrphans } from '../sets/remove-orphans.ts';

const WRITE_TIMEOUT_MS = 2_000;

/**
 * The queries and actions of a recovery on this machine, over one connection to systemd. `config` is the configuration file for
 * events; undefined for the default one.
 */
export const realRecoveryDoors = (
  systemd: SystemdSession,
  caching: Caching,
  config?: string,
  attempts = new AttemptsInMemory(),
): RecoveryDoors => ({
  clock: realClock,
  takeTurn: async (unit) => {
    const taken = await takeLock(`recover-${unit}`);
    return taken.ok ? taken.value : () => undefined;
  },
  findServer: (choice) => findServer(choice, caching, systemd.within(ASK_TIMEOUT_MS)),
  waitForUnit: (unit, mostMs, isEnough) => waitForUnit(systemd, unit, mostMs, isEnough),
  beginTrial: (server) =>
    wasJustTried(server)
      ? Promise.resolve({ disks: [], configComplaint: known(null) })
      : beginTrial(server, recordedEnding(server), systemd.within(ASK_TIMEOUT_MS)),
  failureFacts: (server, trial) =>
    collectFailureFacts(server, recordedEnding(server), systemd.within(ASK_TIMEOUT_MS), noWitness, trial),
  readAttempts: (unit) => attempts.read(unit),
  keepAttempts: (unit, made) => {
    const kept = attempts.keep(unit, made);
    if (!kept.ok) complain(`${kept.why}; they are counted in memory for 10 minutes`);
  },
  keepEnding: (unit, ending) => {
    const kept = keepRunEnding(unit, ending);
    if (!kept.ok) complain(kept.why);
  },
  terminate,
  removeOrphans: (unit, server) => removeOrphansOf(unit, server, systemd.within(ASK_TIMEOUT_MS), config),
  resetFailed: (unit) => actOnSystemd(systemd.within(ASK_TIMEOUT_MS), (actions) => actions.resetFailed(unit)),
  start: (unit) => actOnSystemd(systemd.within(ASK_TIMEOUT_MS), (actions) => actions.start(unit)),
  restart: (unit) => actOnSystemd(systemd.within(ASK_TIMEOUT_MS), (actions) => actions.restart(unit)),
  answersHealthy,
  answers,
});

/** How long the trial of ExecStopPost= holds, from the end of the run. */
const TRIAL_MS = 2_000;

/** Whether ExecStopPost= has tried a start a moment ago, and nothing but sets was lacking. */
function wasJustTried(server: Server): boolean {
  if (!server.unit.known) return false;
  const { invocationId, run } = server.unit.value;
  const ending = recordedEnding(server)(invocationId);
  if (ending?.tried !== true) return false;
  const agoMs = readClock().monotonicMs - run.began.monotonicMs - ending.ranMs;
  return agoMs >= 0 && agoMs <= TRIAL_MS;
}

/** What ExecStopPost= recorded about a run of the unit. */
function recordedEnding({ unit }: Server): (invocationId: string) => RunEnding | null {
  return (invocationId) => (unit.known ? readRunEnding(unit.value.name, invocationId) : null);
}

async function removeOrphansOf(
  unit: string,
  { owner }: Server,
  systemd: SystemdSession,
  config: string | undefined,
): Promise<DoneWith<{ doubt: boolean }, 'not-removed'>> {
  const { result, entry } = await removeOrphans({
    owner,
    onlyIds: null,
    dryRun: false,
    systemd,
    context: { unit, command: 'recover', mostMs: WRITE_TIMEOUT_MS, config },
  });
  if (entry?.ok === false) complain(`cannot write the journal entry: ${entry.why}`);
  if (!result.known) return notDone('not-removed', result.why);
  const [failed] = result.value.failed;
  if (failed !== undefined)
    return notDone('not-removed', `set ${failed.id} cannot be removed: ${failed.error}`);
  return doneWith({ doubt: result.value.kept.some(({ verdict }) => verdict === 'unsure') });
}

function complain(why: string): void {
  process.stderr.write(`httpd-guard: ${escape(why)}\n`);
}
