import { type Fact, known, unknown } from '../../core/fact.ts';
import type { HttpdSettings } from '../../core/httpd/settings.ts';
import { type UnitFacts, isStartedByRoot } from '../../core/units/unit-facts.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import { userId } from '../../host/exec/user-id.ts';

/**
 * The owner of the sets by httpd's settings. Their creator is the user that the unit is started as: root or its User=.
 * `isConfigured`: the user was set on purpose.
 */
export async function ownerOf(
  unit: UnitFacts,
  settings: HttpdSettings,
  isConfigured: boolean,
  timeoutMs: number,
): Promise<Fact<MutexOwner>> {
  if (isStartedByRoot(unit)) return known({ uid: settings.uid, starterUid: 0 });
  if (isConfigured) return known({ uid: settings.uid, starterUid: settings.uid });
  // An httpd that is not started as root cannot change its user: its sets belong to the starter, whatever its User.
  const uid = await userId(unit.user, timeoutMs);
  if (!uid.known) return unknown(`the user of ${unit.name} does not exist: ${uid.why}`);
  return known({ uid: uid.value, starterUid: uid.value });
}
