import { type Fact, known } from '../core/fact.ts';
import { lineages } from '../core/verdict/lineage.ts';
import { type Limits, type UnitNeed, heldSets, neededTogether, unitNeed } from '../core/limits/kills-left.ts';
import { type TableOwner, byOwner, tableOwner } from '../core/limits/owners.ts';
import type { SemaphoreSet } from '../core/verdict/semaphore-set.ts';
import { tableUse } from '../core/verdict/table-use.ts';
import type { UnitFacts } from '../core/units/unit-facts.ts';
import { countBalancers } from '../core/httpd/directives.ts';
import { judge } from '../core/verdict/verdict.ts';
import { readDirectives } from '../workflows/servers/read-directives.ts';
import { type Configured, readConfiguration } from '../host/config/configuration.ts';
import { dropInPath } from '../host/systemd/unit-files.ts';
import { type Server, findServer, serverChoice } from '../workflows/servers/find-server.ts';
import { ASK_TIMEOUT_MS, SystemdSession } from '../host/systemd/systemd-session.ts';
import { readKernelSem } from '../host/sysvipc/kernel-sem.ts';
import { withSeen } from '../workflows/sets/keep-register.ts';
import { readSnapshot } from '../workflows/sets/take-snapshot.ts';
import { userNames } from '../host/exec/user-names.ts';
import { isInFirstIpcNamespace } from '../host/proc/visibility.ts';
import { jsonText } from '../view/json-text.ts';
import { limitsJson, limitsText } from '../view/limits.ts';
import { type CommandResult, type CommonOptions, wrongConfiguration } from './command-result.ts';
import type { RaiseOptions } from './limits-raise.ts';

export interface LimitsOptions extends CommonOptions, RaiseOptions {
  /** The new SEMMNI. */
  raise?: number | undefined;
}

/** The most units whose httpd is queried; each takes some ten milliseconds. */
const MOST_UNITS = 100;
/** The most owners whose names are looked up, one by one. */
const MOST_NAMES = 50;

/** Prints the limits and the use of the table, its owners, and how many kill -9 each httpd survives. Read-only without --raise. */
export async function limits(options: LimitsOptions): Promise<CommandResult> {
  if (options.raise !== undefined) {
    const { raiseLimits } = await import('./limits-raise.ts');
    return raiseLimits(options, options.raise);
  }
  const configuration = readConfiguration(options.config);
  if (!configuration.known) return wrongConfiguration(configuration.why, 1);
  const found = await collect(options.unit, configuration.value);
  const stdout = options.json ? jsonText(limitsJson(found)) : limitsText(found, options);
  return { stdout, stderr: '', exitCode: 0 };
}

async function collect(flag: string | undefined, configured: Configured): Promise<Limits> {
  const choice = serverChoice(flag, configured);
  const systemd = SystemdSession.within(ASK_TIMEOUT_MS);
  const server = await findServer(choice, 'read-only', systemd);
  const snapshot = withSeen(await readSnapshot(server.owner, systemd.within(ASK_TIMEOUT_MS)));
  const living = lineages(snapshot);
  const judgements = judge(snapshot, living);
  const use = tableUse(snapshot);
  const missing = new Set(server.missing);
  const others: Server[] = [];
  // One after another, since each query starts an httpd.
  for (const { name: unit } of server.otherUnits.slice(0, MOST_UNITS))
    others.push(await findServer({ ...choice, unit }, 'read-only', systemd.within(ASK_TIMEOUT_MS)));
  if (server.otherUnits.length > MOST_UNITS)
    missing.add(`only ${MOST_UNITS} of ${server.otherUnits.length} other units were queried`);
  const units = [server, ...others].flatMap(({ unit, settings }): { unit: UnitFacts; need: UnitNeed }[] => {
    if (!unit.known) return [];
    const held = heldSets(unit.value, snapshot, living, judgements);
    const need = unitNeed({
      unit: unit.value,
      settings,
      use,
      held,
      balancers: settings.known ? countBalancers(readDirectives(unit.value, settings.value)) : 0,
      guarded: unit.value.dropInPaths.includes(dropInPath(unit.value.name)),
    });
    return [{ unit: unit.value, need }];
  });
  for (const fact of [snapshot.sets, snapshot.limits, snapshot.visibility])
    if (!fact.known) missing.add(fact.why);
  for (const other of others) for (const why of other.missing) missing.add(why);
  for (const { need } of units) for (const why of unknownOf(need)) missing.add(`${need.unit}: ${why}`);
  return {
    takenMs: snapshot.clock.realMs,
    kernelSem: readKernelSem(),
    use,
    owners: await owners(snapshot.sets, missing),
    firstNamespace: isInFirstIpcNamespace(),
    units: units.map(({ need }) => need),
    needed: neededTogether(units),
    missing: [...missing],
  };
}

/** What could not be read of the settings and the table is named already. */
function unknownOf({ kills }: UnitNeed): string[] {
  return kills.leaks === true && kills.left === null ? ['how many sets it uses is unknown'] : [];
}

async function owners(sets: Fact<SemaphoreSet[]>, missing: Set<string>): Promise<Fact<TableOwner[]>> {
  if (!sets.known) return sets;
  const all = byOwner(sets.value);
  const asked = all.slice(0, MOST_NAMES).map(([uid]) => uid);
  if (all.length > asked.length)
    missing.add(`only the names of the ${MOST_NAMES} largest owners were looked up`);
  const names = await userNames(asked, ASK_TIMEOUT_MS);
  return known(all.map(([uid, theirs]) => tableOwner(uid, theirs, names.get(uid) ?? null)));
}
