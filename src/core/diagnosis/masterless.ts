import type { Fact } from '../fact.ts';
import type { UnitFacts } from '../units/unit-facts.ts';
import { isUp } from '../units/unit-state.ts';
import type { Lineage } from '../verdict/lineage.ts';
import type { PidFile } from '../verdict/pid-file.ts';

/**
 * Whether only workers of a killed master are left in a unit. systemd has it up if it knows no main process, as for units that
 * are generated from init scripts (systemd-sysv-generator(8)).
 */
export function isMasterless(
  unit: UnitFacts,
  pidFile: Fact<PidFile> | null,
  living: readonly Lineage[],
): boolean {
  if (!isUp(unit) || unit.mainPid !== 0) return false;
  if (pidFile?.known === true && pidFile.value.state === 'live') return false;
  const its = living.filter(({ root }) => root.unit.known && root.unit.value === unit.name);
  return its.length > 0 && its.every(({ role }) => role === 'orphaned-workers');
}
