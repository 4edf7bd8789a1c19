import { known } from '../../core/fact.ts';
import type { Loss } from '../../core/register/losses.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import { steadyMs } from '../../host/exec/steady-ms.ts';
import { writeEntry } from '../../host/output/write-entry.ts';
import type { Clock } from '../../host/proc/real-clock.ts';
import { readCachedSettings } from '../../host/state/read-cached-settings.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { escape } from '../../view/escape.ts';
import { lostEntry } from '../../view/journal/lost-entry.ts';
import { keepSeen, withSeen } from './keep-register.ts';
import { readSnapshot } from './take-snapshot.ts';

/** httpd makes its last sets, and its workers lock them first, a moment after systemd calls it started. */
const SECOND_LOOK_MS = 2_000;
const TIMEOUT_MS = 5_000;
const WRITE_TIMEOUT_MS = 2_000;

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
      const kept = keepSeen(await reportLosses(withSeen(before)), before);
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

/** Writes a journal entry for each server that has lost sets, once. */
async function reportLosses(snapshot: Snapshot): Promise<Snapshot> {
  const losses: Loss[] = [];
  for (const loss of snapshot.register.losses) {
    const isDue = loss.isSure && !loss.isReported;
    const written = isDue
      ? await writeEntry(loss.run.unit, lostEntry(loss), steadyMs() + WRITE_TIMEOUT_MS)
      : null;
    if (written?.ok === false)
      process.stderr.write(`httpd-guard: cannot write the journal entry: ${escape(written.why)}\n`);
    losses.push(written?.ok === true ? { ...loss, isReported: true } : loss);
  }
  return { ...snapshot, register: { ...snapshot.register, losses } };
}
