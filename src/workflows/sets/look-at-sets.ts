import { known } from '../../core/fact.ts';
import type { Loss } from '../../core/register/loss.ts';
import type { Snapshot } from '../../core/verdict/snapshot.ts';
import type { MutexOwner } from '../../core/verdict/semaphore-set.ts';
import { steadyMs } from '../../host/exec/steady-ms.ts';
import { writeEntry } from '../../host/output/write-entry.ts';
import type { Clock } from '../../host/proc/real-clock.ts';
import { readCachedSettings } from '../../host/state/read-cached-settings.ts';
import type { SystemdSession } from '../../host/systemd/systemd-session.ts';
import { escape } from '../../view/escape.ts';
import { lostEntry } from '../../view/journal/lost-entry.ts';
import { askDiagnose } from '../diagnosis/ask-diagnose.ts';
import { sendEvent } from '../send-event.ts';
import { keepSeen, withSeen } from './keep-register.ts';
import { readSnapshot } from './take-snapshot.ts';

/** httpd makes its last sets, and its workers lock them first, a moment after systemd calls it started. */
const SECOND_LOOK_MS = 2_000;
const TIMEOUT_MS = 5_000;
const WRITE_TIMEOUT_MS = 2_000;

/**
 * Records which run uses which set, right after a start or reload of httpd and once more when it has settled. The result is the
 * units whose running server has lost sets, each once for a loss. `config` is the configuration file for events.
 */
export async function lookAtSets(
  clock: Clock,
  units: readonly string[],
  systemd: SystemdSession,
  config: string | undefined,
): Promise<string[]> {
  const owners = ownersOf(units);
  const lost = new Set<string>();
  for (const pauseMs of [0, SECOND_LOOK_MS]) {
    await clock.pause(pauseMs);
    for (const owner of owners) {
      const before = await readSnapshot(known(owner), systemd.within(TIMEOUT_MS));
      const seen = withSeen(before);
      const reported = await reportLosses(seen, config);
      for (const { run } of reported) lost.add(run.unit);
      const kept = keepSeen(withReported(seen, reported), before);
      if (!kept.ok) process.stderr.write(`httpd-guard: ${escape(kept.why)}\n`);
    }
  }
  return [...lost];
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

/** Writes a journal entry for each server that has lost sets, once. The result is the losses that were reported now. */
async function reportLosses({ register }: Snapshot, config: string | undefined): Promise<Loss[]> {
  const reported: Loss[] = [];
  for (const loss of register.losses) {
    if (!loss.isSure || loss.isReported) continue;
    const { unit } = loss.run;
    const entry = lostEntry(loss, (await askDiagnose(unit, config))?.suspects ?? []);
    const written = await writeEntry(unit, entry, steadyMs() + WRITE_TIMEOUT_MS);
    if (written.ok) reported.push(loss);
    else process.stderr.write(`httpd-guard: cannot write the journal entry: ${escape(written.why)}\n`);
    await sendEvent(unit, entry, config);
  }
  return reported;
}

function withReported(snapshot: Snapshot, reported: readonly Loss[]): Snapshot {
  const losses = snapshot.register.losses.map((loss) =>
    reported.includes(loss) ? { ...loss, isReported: true } : loss,
  );
  return { ...snapshot, register: { ...snapshot.register, losses } };
}
