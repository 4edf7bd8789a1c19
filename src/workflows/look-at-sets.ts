import { known } from '../core/fact.ts';
import type { MutexOwner } from '../core/verdict/semaphore-set.ts';
import type { Clock } from '../host/proc/real-clock.ts';
import { readCachedSettings } from '../host/state/read-cached-settings.ts';
import type { SystemdSession } from '../host/systemd/systemd-session.ts';
import { escape } from '../view/escape.ts';
import { keepSeen, withSeen } from './keep-register.ts';
import { readSnapshot } from './take-snapshot.ts';

/** httpd makes its last sets, and its workers lock them first, a moment after systemd calls it started. */
const SECOND_LOOK_MS = 2_000;
const TIMEOUT_MS = 5_000;

/** Records which run uses which set, right after a start or reload of httpd and once more when it has settled. */
export async function lookAtSets(
  clock: Clock,
  units: readonly string[],
  systemd: SystemdSession,
): Promise<void> {
  const owners = ownersOf(units);
  for (const pauseMs of [0, SECOND_LOOK_MS]) {
    await clock.pause(pauseMs);
    for (const owner of owners) {
      const before = await readSnapshot(known(owner), systemd.within(TIMEOUT_MS));
      const kept = keepSeen(withSeen(before), before);
      if (!kept.ok) process.stderr.write(`httpd-guard: ${escape(kept.why)}\n`);
    }
  }
}

/** One owner for each user that starts servers: a look covers all sets of that creator. */
function ownersOf(units: readonly string[]): MutexOwner[] {
  const owners = new Map<number, MutexOwner>();
  for (const unit of units) {
    const cached = readCachedSettings(unit);
    if (!cached.known) continue;
    const { settings, starterUid } = cached.value;
    owners.set(starterUid, { uid: settings.uid, starterUid });
  }
  return [...owners.values()];
}
