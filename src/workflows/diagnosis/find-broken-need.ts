import type { BrokenNeed } from '../../core/diagnosis/failure-facts.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';

/** systemd stops a unit at once when one fails to which it is bound. */
const AT_ONCE_MS = 5_000;

/**
 * The unit that keeps an inactive one from starting, or made systemd stop it. systemd logs neither: it refuses a job for the unit
 * before it has one, and a stop looks like any other. Null if there is none, or systemd does not answer.
 */
export async function findBrokenNeed(
  { active, needs, run, activeExitMs }: UnitFacts,
  systemd: SystemdSession,
): Promise<BrokenNeed | null> {
  if (active !== 'inactive' || needs.length === 0) return null;
  const states = await systemd.ask((open) => open.readStates(needs));
  if (!states.known) return null;
  for (const { name, load, active: its } of states.value) {
    if (load === 'masked' || load === 'not-found') return { unit: name, state: load };
    if (its !== 'failed') continue;
    const need = await systemd.ask((open) => open.readUnit(name));
    if (!need.known) continue;
    const failedMs = Math.max(...need.value.run.stamps.map(({ monotonicMs }) => monotonicMs));
    const isWhy = failedMs > run.began.monotonicMs && failedMs <= activeExitMs;
    if (isWhy && activeExitMs - failedMs < AT_ONCE_MS) return { unit: name, state: 'failed' };
  }
  return null;
}
