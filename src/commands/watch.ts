import { type Fact, known } from '../core/fact.ts';
import { guardedUnits } from '../host/systemd/unit-files.ts';
import { JournalFollower, newestCursor } from '../host/logs/follow-journal.ts';
import { BusConnection } from '../host/systemd/bus-connection.ts';
import { Systemd } from '../host/systemd/systemd.ts';
import { followUnits } from '../workflows/recovery/follow-units.ts';
import { log } from '../host/output/stderr-log.ts';
import { PidFiles } from '../host/httpd/follow-pid-files.ts';
import { notify } from '../host/systemd/notify.ts';
import { HEARTBEAT, Watchdog } from '../host/systemd/watchdog.ts';
import { realClock } from '../host/proc/real-clock.ts';
import { readCachedSettings } from '../host/state/read-cached-settings.ts';
import { readRunEnding } from '../host/state/read-run-ending.ts';
import {
  restoreRequest,
  waitingRequest,
  withdrawRequest,
  writeRequest,
} from '../host/state/write-request.ts';
import { listMutexIds } from '../host/sysvipc/list-mutex-ids.ts';
import { Watcher } from '../workflows/recovery/watcher.ts';
import { escape } from '../view/escape.ts';
import type { UnitState } from '../core/recovery/reason-to-look.ts';
import type { CommonOptions } from './command-result.ts';

export type WatchOptions = Pick<CommonOptions, 'json' | 'quiet'>;

const OWN_UNIT = 'httpd-guard-watch.service';
const CONNECT_TIMEOUT_MS = 5_000;

async function connect(): Promise<Fact<Systemd>> {
  const connection = await BusConnection.connect(CONNECT_TIMEOUT_MS);
  return connection.known ? known(new Systemd(connection.value)) : connection;
}

/**
 * Follows the journal and the state of the guarded units and requests a recovery if one may have failed because no semaphore set
 * could be created. It has no privileges: the recovery decides. Exits with 0 on SIGTERM.
 */
export async function watch(options: WatchOptions): Promise<number> {
  const ending = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      ending.abort();
    });
  const { signal } = ending;
  const units = guardedUnits();
  const watchdog = new Watchdog();
  let journal: JournalFollower | null = null;
  const watcher = new Watcher(units, {
    clock: realClock,
    endingOf: (unit, invocationId) => readRunEnding(unit, invocationId),
    waitingRequest: () => waitingRequest(),
    listSets: () => listMutexIds(),
    writeRequest: (requested) => {
      writeRequest(requested);
    },
    withdrawRequest: () => {
      withdrawRequest();
    },
    restoreRequest: () => {
      restoreRequest();
    },
    onAwake: () => {
      // When it comes back, journalctl has read everything before it.
      if (journal?.hasGrown() === true) watchdog.beatNow();
    },
    log: (priority, sentence) => {
      if (!signal.aborted) void log(options, priority, escape(sentence));
    },
  });

  const pidFiles = new PidFiles(watcher.requestLook);
  const onState = (unit: string, state: UnitState): void => {
    pidFiles.follow(units.flatMap(pidFileOf));
    watcher.onState(unit, state);
  };

  watcher.checkTable();

  const cursor = await newestCursor();
  const following = new JournalFollower({
    cursor,
    units: [...units, OWN_UNIT],
    words: [...Watcher.words, HEARTBEAT],
    onEntry: (entry) => {
      if (entry.unit !== OWN_UNIT || !entry.message.includes(HEARTBEAT)) {
        watcher.onEntry(entry);
        return;
      }
      watchdog.heard(entry.message);
      if (following.hasGrown()) following.replace();
    },
    onTrouble: watcher.onJournalTrouble,
    signal,
  });
  journal = following;
  const ended = Promise.all([
    followUnits({ clock: realClock, connect }, units, onState, watcher.onBusTrouble, signal),
    following.follow(),
  ]);
  watchdog.start(signal);
  // From now on no failure is missed, so the watcher's start is complete.
  await Promise.race([watcher.begun, ended]);
  await notify(
    'READY=1',
    `STATUS=${units.length === 0 ? 'no unit is guarded' : `following ${units.join(', ')}`}`,
  );
  await ended;
  return 0;
}

function pidFileOf(unit: string): string[] {
  const cached = readCachedSettings(unit);
  const path = cached.known ? cached.value.settings.pidFile : null;
  return path === null ? [] : [path];
}
