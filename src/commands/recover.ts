import type { ActionCounts } from '../core/guard/action-counts.ts';
import type { Recovery, RecoveryPolicy } from '../core/recovery/decide-recovery.ts';
import { removeDeadDrafts } from '../host/files/drafts.ts';
import { errorReason } from '../host/files/error-reason.ts';
import { type Configured, forUnit, readConfiguration } from '../host/config/configuration.ts';
import { ASK_TIMEOUT_MS, SystemdSession } from '../host/systemd/systemd-session.ts';
import { guardedUnits } from '../host/systemd/unit-files.ts';
import { writeEntry } from '../host/output/write-entry.ts';
import { log } from '../host/output/stderr-log.ts';
import { RUN_DIRECTORY, STATE_DIRECTORY } from '../host/state/paths.ts';
import { type TakenRequest, keepUnderWay, takeRequest, takeUnderWay } from '../host/state/take-request.ts';
import { countActions } from '../host/state/keep-action-counts.ts';
import { runHook } from '../host/exec/run-hook.ts';
import { realClock } from '../host/proc/real-clock.ts';
import { lookAtSets } from '../workflows/sets/look-at-sets.ts';
import { askDiagnose } from '../workflows/diagnosis/ask-diagnose.ts';
import { recover } from '../workflows/recovery/recover.ts';
import { AttemptsInMemory } from '../workflows/recovery/attempts-in-memory.ts';
import { realRecoveryDoors } from '../workflows/recovery/real-recovery-doors.ts';
import { sendEvent } from '../workflows/send-event.ts';
import { serveRequests } from '../workflows/recovery/serve-requests.ts';
import { jsonText } from '../view/json-text.ts';
import { escape } from '../view/escape.ts';
import { recoveryEntry, recoveryJson, recoverySentence, recoveryText } from '../view/recovery.ts';
import {
  type CommonOptions,
  type CommandResult,
  isRoot,
  needsRoot,
  withoutRoot,
  wrongConfiguration,
} from './command-result.ts';
import { serverChoice } from '../workflows/servers/find-server.ts';
import { leftMs } from '../host/exec/left-ms.ts';
import { steadyMs } from '../host/exec/steady-ms.ts';

export interface RecoverOptions extends Pick<CommonOptions, 'unit' | 'config' | 'json' | 'quiet'> {
  dryRun: boolean;
  /** Recover the units in the watcher's request. */
  requested?: boolean | undefined;
}

const EXIT: Record<Recovery['outcome'], 0 | 1 | 2 | 3> = {
  healthy: 0,
  recovered: 0,
  planned: 0,
  'left-alone': 1,
  failed: 2,
  'gave-up': 2,
  unsure: 3,
};
const COUNTED: Partial<Record<Recovery['outcome'], Partial<ActionCounts>>> = {
  recovered: { recovered: 1 },
  failed: { failed: 1 },
  'gave-up': { gaveUp: 1 },
};
const WRITE_TIMEOUT_MS = 2_000;
/** A dry run is a look, which ends within 6 s. */
const LOOK_MS = 5_000;

/** Recovers httpd if it failed because no semaphore set could be created, by hand or at the watcher's request. */
export async function recoverCommand(options: RecoverOptions): Promise<CommandResult> {
  const looksOnly = options.dryRun && options.requested !== true;
  if (!looksOnly && !isRoot()) return needsRoot('recover');
  const configuration = readConfiguration(options.config);
  if (!configuration.known) {
    // A remaining request would start this again at once, up to systemd's start limit.
    if (options.requested === true) {
      takeRequest();
      takeUnderWay();
    }
    return wrongConfiguration(configuration.why, EXIT.unsure);
  }
  return options.requested === true
    ? requested(options, configuration.value)
    : byHand(options, configuration.value);
}

async function byHand(options: RecoverOptions, configuration: Configured): Promise<CommandResult> {
  const { dryRun } = options;
  // A dry run writes nothing, not even a cache.
  const doors = realRecoveryDoors(
    SystemdSession.within(ASK_TIMEOUT_MS),
    dryRun ? 'read-only' : 'cache',
    options.config,
  );
  const choice = { ...serverChoice(options.unit, configuration), failedFirst: true };
  const policy = policyOf(configuration);
  const deadlineMs = steadyMs() + LOOK_MS;
  const found = await recover({ choice, policy, automatic: false, dryRun }, doors);
  const recovery = await withNamedCause(found, options.config, dryRun ? leftMs(deadlineMs) : undefined);
  if (!dryRun) await logRecovery(recovery, configuration, options.config);
  const stdout = options.json ? jsonText(recoveryJson(recovery)) : recoveryText(recovery, options);
  return { stdout, stderr: withoutRoot(), exitCode: EXIT[recovery.outcome] };
}

/**
 * A recovery that has not brought httpd back, or only plans to, reports the same cause as `diagnose`, which also reads logs. What
 * it does is decided without them.
 */
async function withNamedCause(
  recovery: Recovery,
  config: string | undefined,
  mostMs?: number,
): Promise<Recovery> {
  if (recovery.unit === null || !isStillDown(recovery)) return recovery;
  const shown = await askDiagnose(recovery.unit, config, mostMs);
  return shown?.cause == null ? recovery : { ...recovery, cause: shown.cause, onlyByLog: shown.onlyByLog };
}

/** Not after a failed health step either: the start before it succeeded. */
function isStillDown({ outcome, steps }: Recovery): boolean {
  if (outcome === 'healthy' || outcome === 'recovered') return false;
  return steps.at(-1)?.do !== 'health';
}

/** An empty request is about all units: its file system was full. */
function takeNow(guarded: () => readonly string[]): TakenRequest | null {
  const request = takeRequest();
  const isEmpty = request?.names.length === 1 && request.names[0] === '';
  return isEmpty ? { ...request, names: guarded() } : request;
}

/** Reads the guarded units at each call. If that fails, as on a failed disk: those of the call before; reported once. */
function lastKnownUnits(options: RecoverOptions): () => readonly string[] {
  let last: readonly string[] = [];
  let isReported = false;
  return () => {
    try {
      last = guardedUnits();
    } catch (error) {
      if (!isReported)
        void log(options, 'err', `cannot read which units are guarded: ${escape(errorReason(error))}`);
      isReported = true;
    }
    return last;
  };
}

/** Exit status 3 if a recovery was unsure or aborted. */
async function requested(options: RecoverOptions, configuration: Configured): Promise<CommandResult> {
  const policy = policyOf(configuration);
  // Most files are written seldom, so that their next writer comes late; this runs after each start of httpd.
  for (const directory of [STATE_DIRECTORY, RUN_DIRECTORY]) removeDeadDrafts(directory);
  const attempts = new AttemptsInMemory();
  const doors = realRecoveryDoors(SystemdSession.within(ASK_TIMEOUT_MS), 'reuse', options.config, attempts);
  const guarded = lastKnownUnits(options);
  let exitCode = 0;
  await serveRequests({
    clock: realClock,
    takeRequest: () => takeNow(guarded),
    onStaying: (why) =>
      log(options, 'warning', `the request of the watcher is served, but cannot be removed: ${escape(why)}`),
    guardedUnits: guarded,
    takeUnderWay: () => takeUnderWay(),
    keepUnderWay: (units) => {
      keepUnderWay(units);
    },
    look: async () => {
      const lost = await lookAtSets(
        realClock,
        guarded(),
        SystemdSession.within(ASK_TIMEOUT_MS),
        options.config,
      );
      return lost.filter((unit) => policy(unit).onSetRemoved === 'restart');
    },
    recover: async (unit) => {
      const choice = serverChoice(unit, configuration);
      const recovery = await withNamedCause(
        await recover({ choice, policy, automatic: true, dryRun: options.dryRun }, doors),
        options.config,
      );
      await logRecovery(recovery, configuration, options.config);
      const { priority, sentence } = recoverySentence(recovery);
      // Giving up is reported once, by its own entry.
      if (recovery.outcome !== 'gave-up') await log(options, priority, sentence);
      // A recovery that does nothing or fails is no failure of the service.
      if (recovery.outcome === 'unsure') exitCode = EXIT.unsure;
    },
    mustStay: () => attempts.areNeeded(realClock.wallMs()),
    onError: async (error) => {
      exitCode = EXIT.unsure;
      await log(options, 'err', `internal error, recovery aborted: ${escape(errorReason(error))}`);
    },
  });
  return { stdout: '', stderr: '', exitCode };
}

function policyOf(configured: Configured): (unit: string | null) => RecoveryPolicy {
  return (unit) => {
    const { values } = forUnit(configured, unit);
    return {
      reap: values['recover.reap'],
      settleMs: values['recover.settle'] * 1000,
      healthUrl: values['recover.health-url'],
      onSetRemoved: values['recover.on-set-removed'],
    };
  };
}

/** Reports the recovery to the journal, about the unit, and to the configured commands. */
async function logRecovery(
  recovery: Recovery,
  configured: Configured,
  config: string | undefined,
): Promise<void> {
  const entry = recoveryEntry(recovery);
  if (entry === null || recovery.unit === null) return;
  countActions(recovery.unit, COUNTED[recovery.outcome] ?? {});
  const written = await writeEntry(recovery.unit, entry, steadyMs() + WRITE_TIMEOUT_MS);
  await sendEvent(recovery.unit, entry, config);
  if (!written.ok)
    process.stderr.write(`httpd-guard: cannot write the journal entry: ${escape(written.why)}\n`);
  if (recovery.outcome === 'failed') return;
  const { values } = forUnit(configured, recovery.unit);
  const hook =
    recovery.outcome === 'recovered' ? values['recover.on-recovered'] : values['recover.on-gave-up'];
  if (hook === null) return;
  try {
    const ran = await runHook(hook, {
      HTTPD_GUARD_UNIT: recovery.unit,
      HTTPD_GUARD_OUTCOME: recovery.outcome,
      HTTPD_GUARD_CAUSE: recovery.cause ?? '',
      HTTPD_GUARD_WHY: recovery.why,
    });
    if (!ran.ok) process.stderr.write(`httpd-guard: ${escape(ran.why)}\n`);
  } catch (error) {
    process.stderr.write(`httpd-guard: ${escape(errorReason(error))}\n`);
  }
}
