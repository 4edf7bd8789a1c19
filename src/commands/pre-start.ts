import { type CleanResult, cleanExitCode } from '../core/clean-result.ts';
import { type Fact, known } from '../core/fact.ts';
import type { MutexOwner } from '../core/semaphore-set.ts';
import { log } from '../host/log.ts';
import { readRemembered } from '../host/remembered-settings.ts';
import { removeOrphans } from '../steps/remove-orphans.ts';
import { cleanSentence } from '../view/clean-text.ts';
import type { CommonOptions } from './done.ts';

export interface PreStartOptions extends CommonOptions {
  strict: boolean;
}

/** Less than the gate's own limit, so that it is we who say that time ran out. */
const BUDGET_MS = 3_500;
/** httpd itself is asked only when its last answer is old; a slow configuration must not eat the whole budget. */
const ASK_TIMEOUT_MS = 1_500;

/** ExecStartPre: clears what a dead httpd left, in bounded time, with one line in the journal. 0 always; with `strict` as `clean`. */
export async function preStart(options: PreStartOptions): Promise<number> {
  const deadlineMs = performance.now() + BUDGET_MS;
  const owner = await findOwner(options);
  const result =
    owner.known && process.geteuid?.() === 0
      ? await removeOrphans({
          owner,
          wanted: null,
          dryRun: false,
          deadlineMs,
        })
      : cannot(owner);
  const { priority, sentence } = cleanSentence(result, 'before this start');
  await log(
    options,
    priority,
    sentence,
    result.known
      ? {
          removed: result.value.removed.length,
          kept: result.value.kept.length,
          failed: result.value.failed.length,
        }
      : {},
  );
  if (!options.strict) return 0;
  return result.known ? cleanExitCode(result.value, false) : 3;
}

async function findOwner({ unit, config }: PreStartOptions): Promise<Fact<MutexOwner>> {
  const remembered = unit === undefined || config !== undefined ? null : readRemembered(unit);
  if (remembered?.known === true && remembered.value.fresh) {
    return known({ uid: remembered.value.settings.uid, starterUid: remembered.value.starterUid });
  }
  const { readConfiguration, wantedServer } = await import('../host/configuration.ts');
  const configuration = readConfiguration(config);
  if (!configuration.known) return configuration;
  const { findServer } = await import('../host/find-server.ts');
  return (await findServer(wantedServer(unit, configuration.value), 'remember', ASK_TIMEOUT_MS)).owner;
}

function cannot(owner: Fact<MutexOwner>): Fact<CleanResult> {
  return owner.known ? { known: false, why: 'it needs root' } : owner;
}
