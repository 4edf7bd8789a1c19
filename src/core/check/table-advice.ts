import type { Cure } from '../diagnosis/cures/cure.ts';
import { cures } from '../diagnosis/cures/cures.ts';
import { type Fact, known } from '../fact.ts';
import type { HttpdSettings } from '../httpd/settings.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import type { TableUse } from '../verdict/table-use.ts';
import type { Judgement } from '../verdict/verdict.ts';
import { countVerdicts } from './health.ts';

/** What to do about the table while httpd is up; nothing where it has no sets in it. */
export function tableAdvice(
  unit: UnitFacts,
  settings: HttpdSettings,
  use: Fact<TableUse>,
  judgements: readonly Judgement[],
): Cure[] {
  const { orphan } = countVerdicts(judgements);
  if (!use.known || ((settings.sysvMutexes ?? 0) === 0 && orphan === 0)) return [];
  return cures(orphan > 0 ? 'semaphore-leak' : 'semaphore-demand', {
    unit: unit.name,
    facts: known(unit),
    result: unit.result,
    isStartLimit: false,
    pids: [],
    use,
    // The unsure sets and their reasons are listed by check itself.
    unsure: 0,
    ownerUnknown: null,
    blockingServers: [],
    silentOrphans: [],
    hasFreeSetsAgain: false,
    outsider: null,
    startCommand: null,
    portOwners: [],
    brokenNeed: null,
    isConfigBroken: false,
    awaitsOtherPidFile: false,
    pidFile: null,
  });
}
