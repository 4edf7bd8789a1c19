import { type CleanResult, cleanExitCode } from '../core/verdict/clean-result.ts';
import { type Fact, known } from '../core/fact.ts';
import type { MutexOwner } from '../core/verdict/semaphore-set.ts';
import { log, stderrIsJournal } from '../host/output/stderr-log.ts';
import { SystemdSession } from '../host/systemd/systemd-session.ts';
import { readCachedSettings } from '../host/state/read-cached-settings.ts';
import { removeOrphans } from '../workflows/sets/remove-orphans.ts';
import { cleanSentence } from '../view/clean-text.ts';
import type { CommonOptions } from './command-result.ts';

export interface PreStartOptions extends Pick<CommonOptions, 'unit' | 'config' | 'json' | 'quiet'> {
  strict: boolean;
}

/** Less than the limit of the gate, so that a timeout is reported here. */
const BUDGET_MS = 3_500;
/** The limit for a query of httpd, only if the cached answer is outdated: a slow configuration must not use up the whole time. */
const ASK_TIMEOUT_MS = 1_500;

/** The limit for the journal entry, since httpd's start waits for it. */
const TELL_MS = 250;

/** ExecStartPre=: removes orphaned sets in bounded time and writes one line to the journal. The exit status is always 0, with `strict` that of `clean`. */
export async function preStart(options: PreStartOptions): Promise<number> {
  const systemd = SystemdSession.within(BUDGET_MS);
  const { unit, owner } = await findOwner(options, systemd);
  const { result, entry } =
    owner.known && process.geteuid?.() === 0
      ? await removeOrphans({
          owner,
          onlyIds: null,
          dryRun: false,
          systemd,
          context: { unit, command: 'pre-start', mostMs: TELL_MS, config: options.config },
        })
      : { result: cannot(owner), entry: null };
  // The removal has its own entry.
  if (entry?.ok !== true || !stderrIsJournal()) await say(result, options);
  if (!options.strict) return 0;
  return result.known ? cleanExitCode(result.value, false) : 3;
}

async function say(result: Fact<CleanResult>, options: PreStartOptions): Promise<void> {
  const { priority, sentence } = cleanSentence(result, 'before this start');
  const counts = result.known
    ? {
        removed: result.value.removed.length,
        kept: result.value.kept.length,
        failed: result.value.failed.length,
      }
    : {};
  await log(options, priority, sentence, counts);
}

async function findOwner(
  { unit, config }: PreStartOptions,
  systemd: SystemdSession,
): Promise<{
  unit: string | null;
  owner: Fact<MutexOwner>;
}> {
  const remembered = unit === undefined || config !== undefined ? null : readCachedSettings(unit);
  if (unit !== undefined && remembered?.known === true && remembered.value.fresh) {
    const { settings, starterUid } = remembered.value;
    return { unit, owner: known({ uid: settings.uid, starterUid }) };
  }
  const { readConfiguration } = await import('../host/config/configuration.ts');
  const configuration = readConfiguration(config);
  if (!configuration.known) return { unit: unit ?? null, owner: configuration };
  const { findServer, serverChoice } = await import('../workflows/servers/find-server.ts');
  const server = await findServer(
    serverChoice(unit, configuration.value),
    'cache',
    systemd.atMost(ASK_TIMEOUT_MS),
  );
  return { unit: server.unit.known ? server.unit.value.name : (unit ?? null), owner: server.owner };
}

function cannot(owner: Fact<MutexOwner>): Fact<CleanResult> {
  return owner.known ? { known: false, why: 'root is required' } : owner;
}
