import { cleanExitCode, missingIds } from '../core/verdict/clean-result.ts';
import { endingFoundLater } from '../core/diagnosis/run-ending.ts';
import type { TableUse } from '../core/verdict/table-use.ts';
import type { UnitFacts } from '../core/units/unit-facts.ts';
import { readConfiguration } from '../host/config/configuration.ts';
import { keepRunEnding } from '../host/state/keep-run-ending.ts';
import { readRunEnding } from '../host/state/read-run-ending.ts';
import { ASK_TIMEOUT_MS, SystemdSession } from '../host/systemd/systemd-session.ts';
import { removeOrphans } from '../workflows/sets/remove-orphans.ts';
import { removeSegments } from '../workflows/sets/remove-segments.ts';
import { cleanJson, cleanText } from '../view/clean-text.ts';
import { escape } from '../view/escape.ts';
import { jsonText } from '../view/json-text.ts';
import {
  type CommonOptions,
  type CommandResult,
  isRoot,
  needsRoot,
  withoutRoot,
  wrongConfiguration,
} from './command-result.ts';
import { findServer, serverChoice } from '../workflows/servers/find-server.ts';

export interface CleanOptions extends CommonOptions {
  /** Limit the removal to these ids. */
  set?: number[] | undefined;
  /** Remove orphaned shared memory with these keys instead. */
  shmKey?: number[] | undefined;
  dryRun: boolean;
}

const TIMEOUT_MS = 60_000;
const WRITE_TIMEOUT_MS = 2_000;

/** Removes the sets with the verdict orphan, nothing else. */
export async function clean(options: CleanOptions): Promise<CommandResult> {
  if (!options.dryRun && !isRoot()) return needsRoot('clean');
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, 3);
  const choice = serverChoice(options.unit, configuration.value);
  const systemd = SystemdSession.within(ASK_TIMEOUT_MS);
  const server = await findServer(choice, options.dryRun ? 'read-only' : 'cache', systemd);
  const named = options.set ?? options.shmKey;
  const question = {
    owner: server.owner,
    dryRun: options.dryRun,
    systemd: systemd.within(TIMEOUT_MS),
  };
  const context = {
    unit: server.unit.known ? server.unit.value.name : null,
    command: 'clean',
    mostMs: WRITE_TIMEOUT_MS,
    config: options.config,
  } as const;
  const { result, entry, use } =
    options.shmKey === undefined
      ? await removeOrphans({
          ...question,
          context,
          onlyIds: options.set === undefined ? null : new Set(options.set),
        })
      : { ...(await removeSegments({ ...question, context, keys: new Set(options.shmKey) })), use: null };
  const failed = server.unit.known && server.unit.value.active === 'failed' ? server.unit.value : null;
  const freed = result.known && !options.dryRun ? result.value.removed.length : 0;
  if (failed !== null && use?.known === true && freed > 0) keepEnding(failed, use.value, freed);
  const missing = [
    ...server.missing,
    ...(entry?.ok === false ? [`cannot write the journal entry: ${entry.why}`] : []),
  ];
  const complaints = withoutRoot() + missing.map((why) => `httpd-guard: ${escape(why)}\n`).join('');
  if (!result.known)
    return {
      stdout: '',
      stderr: `${complaints}httpd-guard: nothing was removed: ${escape(result.why)}\n`,
      exitCode: 3,
    };
  const what = options.shmKey === undefined ? 'semaphore set' : 'shared memory segment';
  const stdout = options.json
    ? jsonText(cleanJson(result.value, { unit: context.unit, dryRun: options.dryRun, what, missing }))
    : cleanText(result.value, { ...options, down: failed?.name ?? null, what });
  const absent = missingIds(options.set ?? [], result.value).map(
    (id) => `httpd-guard: set ${id} does not exist\n`,
  );
  // Without a known owner no set was judged.
  const exitCode = server.owner.known ? cleanExitCode(result.value, named !== undefined) : 3;
  return { stdout, stderr: complaints + absent.join(''), exitCode };
}

/** Records the ending for a later recovery, since the removal changes the table. */
function keepEnding(unit: UnitFacts, use: TableUse, orphans: number): void {
  if (readRunEnding(unit.name, unit.invocationId) !== null) return;
  const kept = keepRunEnding(unit.name, endingFoundLater(unit, use, orphans, 'semaphore-leak'));
  if (!kept.ok) process.stderr.write(`httpd-guard: ${escape(kept.why)}\n`);
}
