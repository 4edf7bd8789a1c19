import type { CleanResult } from '../core/verdict/clean-result.ts';
import { diagnosis } from '../core/diagnosis/diagnosis.ts';
import { type Done, done, notDone } from '../core/done.ts';
import type { Fact } from '../core/fact.ts';
import type { FailureFacts } from '../core/diagnosis/failure-facts.ts';
import { isForSets } from '../core/diagnosis/cause.ts';
import { findCause } from '../core/diagnosis/find-cause.ts';
import type { RunEnding } from '../core/diagnosis/run-ending.ts';
import { isUp } from '../core/units/unit-state.ts';
import { isFailedExit, isKill } from '../core/units/end-result.ts';
import type { UnitFacts } from '../core/units/unit-facts.ts';
import { readConfiguration } from '../host/config/configuration.ts';
import { readClock } from '../host/proc/clock.ts';
import { testConfiguration } from '../host/httpd/ask-httpd.ts';
import { type Server, findServer, serverChoice } from '../workflows/servers/find-server.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import { writeEntry } from '../host/output/write-entry.ts';
import { readRunLog } from '../workflows/diagnosis/read-run-log.ts';
import { log, stderrIsJournal } from '../host/output/stderr-log.ts';
import { journalWitness } from '../workflows/diagnosis/read-journal-witness.ts';
import { collectFailureFacts } from '../workflows/diagnosis/collect-failure-facts.ts';
import { keepRunEnding } from '../host/state/keep-run-ending.ts';
import { keepSetsSeen } from '../host/state/sets-seen.ts';
import { beginTrial } from '../workflows/diagnosis/try-start.ts';
import { sendEvent } from '../workflows/send-event.ts';
import { removeOrphans } from '../workflows/sets/remove-orphans.ts';
import { type CauseEntry, causeEntry } from '../view/journal/cause-entry.ts';
import { cleanSentence } from '../view/clean-text.ts';
import { escape } from '../view/escape.ts';
import type { CommonOptions } from './command-result.ts';

export type PostStopOptions = Pick<CommonOptions, 'unit' | 'config' | 'json' | 'quiet'>;

/** Less than the limit of the script, which passes it on, so that a timeout is reported here. */
const BUDGET_SHARE = 0.87;
const LIMIT_S = 3;
const ASK_TIMEOUT_MS = 1_000;
const TELL_MS = 250;

/**
 * ExecStopPost=: writes one journal entry with the cause if the run failed, records the ending for a recovery, then removes the
 * orphaned sets. The exit status is always 0.
 */
export async function postStop(options: PostStopOptions): Promise<number> {
  const systemd = SystemdSession.within(budgetMs());
  const configuration = readConfiguration(options.config);
  if (!configuration.known) {
    await log(options, 'warning', `no cause was determined: ${escape(configuration.why)}`);
    return 0;
  }
  const choice = serverChoice(options.unit, configuration.value);
  let tested: Promise<Fact<string | null>> | undefined;
  const asking = systemd.atMost(ASK_TIMEOUT_MS);
  const server = await findServer(choice, 'cache', asking, (unit) => {
    // Beside the query it takes no time.
    if (isFailedExit(endingOf(unit).result)) tested = testConfiguration(unit, asking.deadlineMs);
  });
  if (server.unit.known && isUp(server.unit.value)) {
    await log(
      options,
      'warning',
      'post-stop only works after the end of a run, and this one is still running',
    );
    return 0;
  }
  // A removal changes the table, which a later recovery needs to see if it has no record of it.
  const { recorded, logged } = server.unit.known
    ? await recordCause(server, server.unit.value, tested, options, systemd)
    : {
        recorded: notDone('not-written', `no cause was determined: ${server.unit.why}`),
        logged: Promise.resolve(),
      };
  if (!recorded.ok) {
    await logged;
    const sentence = `${escape(recorded.why)}; orphaned sets are left to the next start or recovery`;
    await log(options, 'warning', sentence);
    return 0;
  }
  const { result, entry } = await removeOrphans({
    owner: server.owner,
    onlyIds: null,
    dryRun: false,
    systemd,
    context: {
      unit: server.unit.known ? server.unit.value.name : null,
      command: 'post-stop',
      mostMs: TELL_MS,
      config: options.config,
      after: logged,
    },
  });
  await logged;
  // A removal has its own entry.
  if (isWorthALine(result) && !(entry?.ok === true && stderrIsJournal())) {
    const { priority, sentence } = cleanSentence(result, 'after this stop');
    await log(options, priority, sentence);
  }
  return 0;
}

function budgetMs(): number {
  const limitS = Number(process.env['HOOK_SECONDS']);
  return (limitS > 0 && limitS < LIMIT_S ? limitS : LIMIT_S) * 1000 * BUDGET_SHARE;
}

interface Recorded {
  recorded: Done<'not-written'>;
  /** The journal entry with the cause, and its event. */
  logged: Promise<void>;
}

async function recordCause(
  server: Server,
  unit: UnitFacts,
  tested: Promise<Fact<string | null>> | undefined,
  options: PostStopOptions,
  systemd: SystemdSession,
): Promise<Recorded> {
  const trial = beginTrial(server, () => endingOf(unit), systemd, tested);
  const [facts, words] = await Promise.all([
    collectFailureFacts(server, () => endingOf(unit), systemd, journalWitness, trial),
    readRunLog(server, systemd.leftMs()),
  ]);
  const recorded = keep(server, unit, facts);
  const found = diagnosis(facts, words.lines, [...server.missing, ...words.missing]);
  return { recorded, logged: logCause(unit, causeEntry(found, facts), options, systemd) };
}

async function logCause(
  unit: UnitFacts,
  entry: CauseEntry | null,
  options: PostStopOptions,
  systemd: SystemdSession,
): Promise<void> {
  if (entry === null) return;
  const written = await writeEntry(unit.name, entry.fields, systemd.deadlineMs);
  await sendEvent(unit.name, entry.fields, options.config);
  // Without a structured entry at least the sentence.
  if (!written.ok) await log(options, entry.priority, entry.sentence);
}

/** The ending by systemd's variables for ExecStopPost= (systemd.exec(5), "Environment Variables Set or Propagated"). */
function endingOf({ invocationId, job, run, result }: UnitFacts): RunEnding {
  // systemd before 232 sets none.
  const { SERVICE_RESULT = result, EXIT_CODE = '', EXIT_STATUS = '' } = process.env;
  return {
    invocationId,
    byItself: job !== 'stop' && job !== 'restart' && job !== 'try-restart',
    result: SERVICE_RESULT,
    exitCode: EXIT_CODE,
    exitStatus: EXIT_STATUS,
    ranMs: readClock().monotonicMs - run.began.monotonicMs,
    use: null,
    orphans: 0,
    batch: 0,
    cause: 'unknown',
    tried: false,
  };
}

/** Records the ending and the table before orphaned sets are removed. */
function keep(server: Server, unit: UnitFacts, facts: FailureFacts): Done<'not-written'> {
  const { ending, use, orphans, runSets, need } = facts;
  if (ending === null) return done;
  const { cause } = findCause(facts);
  const batch = need?.by === 'batch' ? need.sets : 0;
  const kept = keepRunEnding(unit.name, {
    ...ending,
    use: use.known ? use.value : null,
    orphans,
    batch,
    cause,
    tried: facts.disks.length > 0 && isForSets(cause),
  });
  // What a kill leaves is what a good run had.
  if (isKill(ending.result) && runSets !== null && runSets > 0 && server.owner.known)
    keepSetsSeen(unit.name, {
      sets: runSets,
      mechanism: server.settings.known ? server.settings.value.mutexMechanism : null,
      registered: server.settings.known ? server.settings.value.sysvMutexes : null,
      uid: server.owner.value.uid,
    });
  return kept;
}

function isWorthALine(cleared: Fact<CleanResult>): boolean {
  return !cleared.known || cleared.value.removed.length > 0 || cleared.value.failed.length > 0;
}
