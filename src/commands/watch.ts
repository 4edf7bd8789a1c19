import { guardedUnits } from '../host/systemd/unit-files.ts';
import { followJournal, newestCursor } from '../host/logs/follow-journal.ts';
import { followUnits } from '../host/systemd/follow-units.ts';
import { log } from '../host/output/stderr-log.ts';
import { notify } from '../host/systemd/notify.ts';
import { Watcher } from '../workflows/watcher.ts';
import { escape } from '../view/escape.ts';
import type { CommonOptions } from './command-result.ts';

const OWN_UNIT = 'httpd-guard-watch.service';

/**
 * Follows the journal and the state of the guarded units, and asks for a look when one may be down for want of semaphores.
 * Holds no power: what becomes of it, the look decides. Ends on SIGTERM, with 0.
 */
export async function watch(options: CommonOptions): Promise<number> {
  const ending = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      ending.abort();
    });
  const { signal } = ending;
  const units = guardedUnits();
  const watcher = new Watcher(units, OWN_UNIT, (priority, sentence) => {
    if (!signal.aborted) void log(options, priority, escape(sentence));
  });

  const cursor = await newestCursor();
  const following = Promise.all([
    followUnits(units, watcher.onState, watcher.onBusTrouble, signal),
    followJournal({
      ...{ cursor, units: [...units, OWN_UNIT], words: watcher.words },
      ...{ onEntry: watcher.onEntry, onTrouble: watcher.onJournalTrouble, signal },
    }),
  ]);
  watcher.watchdog.start(signal);
  // Whoever waits for the start of the watcher may rely on it.
  await Promise.race([watcher.begun, following]);
  await notify('--ready', `--status=follows ${units.join(', ') || 'nothing: no unit is guarded'}`);
  await following;
  return 0;
}
