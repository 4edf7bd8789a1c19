import t from 'tap';
import type { ActiveState } from '../../../src/core/units/active-state.ts';
import type { RunEnding } from '../../../src/core/diagnosis/run-ending.ts';
import type { JournalEntry } from '../../../src/core/logs/journal-entry.ts';
import { LOOK } from '../../../src/core/recovery/request.ts';
import { Watcher } from '../../../src/workflows/recovery/watcher.ts';
import { ending } from '../../core/diagnosis/failure-builder.ts';
import { FakeClock } from '../../fake-clock.ts';

const A = 'apache2.service';
const B = 'apache2@b.service';
const LINE =
  "[Sat Nov 21 05:20:58.123456 2026] [core:emerg] [pid 9] (28)No space left on device: AH00023: Couldn't create the mpm-accept mutex ";

/** A watcher in a world of one's own: requests are taken when `take` is called. */
function world({ units = [A], waiting = [] }: { units?: string[]; waiting?: string[] } = {}) {
  const clock = new FakeClock();
  const endings = new Map<string, RunEnding>();
  const logged: string[] = [];
  let hidden: string[] = [];
  let writes = 0;
  let withdrawals = 0;
  let isFull = false;
  let table: ReadonlySet<number> | null = new Set();
  let awake = 0;
  const watcher = new Watcher(units, {
    clock,
    endingOf: (unit, invocationId) => endings.get(`${unit} ${invocationId}`) ?? null,
    waitingRequest: () => [...waiting],
    listSets: () => table,
    onAwake: () => awake++,
    writeRequest: (requested) => {
      if (isFull) throw new Error('no space');
      writes++;
      waiting = [...requested];
      hidden = [];
    },
    withdrawRequest: () => {
      withdrawals++;
      hidden = waiting.splice(0);
    },
    restoreRequest: () => {
      if (hidden.length === 0) throw new Error('there is none');
      waiting = hidden.splice(0);
    },
    log: (priority, sentence) => void logged.push(`${priority}: ${sentence}`),
  });
  return {
    clock,
    watcher,
    logged,
    writes: () => writes,
    withdrawals: () => withdrawals,
    waiting: () => waiting,
    lose: () => (hidden = []),
    awake: () => awake,
    fillDisk: () => (isFull = true),
    endsFor: (unit: string, invocationId: string, over: Partial<RunEnding> = {}) =>
      endings.set(`${unit} ${invocationId}`, ending({ invocationId, cause: 'semaphore-demand', ...over })),
    is: (active: ActiveState, invocationId = 'one', unit = A) => {
      watcher.onState(unit, { active, invocationId, result: 'success', restart: 'no' });
    },
    line: (message = LINE, unit = A) => {
      watcher.onEntry({ cursor: 'c', unit, message, endedUnit: null, exitedUnit: null });
    },
    setTable: (ids: ReadonlySet<number> | null) => void (table = ids),
    takeAll: () => waiting.splice(0),
    /** The units to recover, without the request for a look. */
    take: () => waiting.splice(0).filter((name) => name !== LOOK),
  };
}

/** When a request was there, in seconds, of so many; each is taken at once. */
async function requestTimes(one: ReturnType<typeof world>, seconds: number): Promise<number[]> {
  const times: number[] = [];
  for (let second = 1; second <= seconds; second++) {
    await one.clock.advance(1_000);
    if (one.take().length > 0) times.push(second);
  }
  return times;
}

void t.test('a unit that fails is a reason to recover, a running or stopped one is not', async (t) => {
  const { is, take, endsFor } = world();
  is('active');
  t.strictSame(take(), []);
  is('failed');
  t.strictSame(take(), [A]);
  is('failed');
  t.strictSame(take(), [], 'the same state once more is no news');
  is('active', 'two');
  is('inactive', 'two');
  t.strictSame(take(), [], 'stopped on purpose: no ending was kept');
  endsFor(A, 'three', { result: 'success' });
  is('inactive', 'three');
  t.strictSame(take(), [A], '2.2 exits with 0');
});

void t.test('a unit that has started or reloaded has new sets: a look is requested', async (t) => {
  const { watcher, is, takeAll, logged, fillDisk } = world();
  is('active');
  t.strictSame(takeAll(), [LOOK], 'it runs already');
  is('active');
  t.strictSame(takeAll(), [], 'no change');
  is('reloading');
  is('active');
  watcher.requestLook();
  t.strictSame(takeAll(), [LOOK], 'once, until it is taken');
  is('failed');
  is('active', 'two');
  t.strictSame(takeAll(), [A, LOOK], 'beside a recovery');
  t.equal(logged.length, 1, 'which alone is logged');
  fillDisk();
  watcher.requestLook();
  t.match(logged[1], /^warning: a look at the semaphore sets cannot be requested: no space/);
});

void t.test('a set that is gone is a reason to look', async (t) => {
  const { watcher, clock, setTable, takeAll } = world();
  const check = (...ids: number[]): string[] => {
    setTable(new Set(ids));
    watcher.checkTable();
    return takeAll();
  };
  t.strictSame(check(1, 2), [], 'the first table');
  setTable(null);
  watcher.checkTable();
  t.strictSame(check(1, 2, 3), [], 'more sets');
  t.strictSame(check(1, 3), [LOOK]);
  t.strictSame(check(1, 3), []);
  watcher.requestLook();
  takeAll();
  setTable(new Set([7, 8]));
  await clock.advance(5_000);
  t.strictSame(check(7, 8), [], 'the sets after a reload');
  t.strictSame(check(7), [LOOK]);
});

void t.test('one that is gone within seconds after a reload as well, and each minute', async (t) => {
  const { watcher, clock, setTable, takeAll } = world();
  setTable(new Set([1, 2]));
  watcher.checkTable();
  watcher.requestLook();
  takeAll();
  setTable(new Set([7, 8]));
  await clock.advance(1_000);
  setTable(new Set([7]));
  await clock.advance(3_999);
  t.strictSame(takeAll(), []);
  await clock.advance(1);
  t.strictSame(takeAll(), [LOOK]);
  await clock.advance(5_000);
  t.strictSame(takeAll(), [], 'which is no reason for another one');
  setTable(new Set([9]));
  await clock.advance(60_000);
  t.strictSame(takeAll(), [LOOK], 'in a minute');
});

void t.test('while there are no sets, nothing wakes it', async (t) => {
  const { watcher, clock, setTable, takeAll } = world();
  setTable(new Set());
  watcher.checkTable();
  t.equal(clock.waiting, 0);
  watcher.requestLook();
  takeAll();
  setTable(new Set([1]));
  await clock.advance(10_000);
  t.equal(clock.waiting, 1, 'from then on once a minute');
  setTable(null);
  await clock.advance(60_000);
  t.equal(clock.waiting, 1, 'also while it cannot be read');
  takeAll();
  setTable(new Set());
  await clock.advance(60_000);
  t.strictSame(takeAll(), [LOOK]);
  await clock.advance(10_000);
  t.equal(clock.waiting, 0);
});

void t.test('a request that was not taken yet is not written again; other units are added', async (t) => {
  const { is, take, logged } = world({ units: [A, B] });
  is('active', 'a', A);
  is('active', 'b', B);
  is('failed', 'a', A);
  is('failed', 'a2', A);
  is('failed', 'b', B);
  t.strictSame(take(), [A, B]);
  t.equal(logged.length, 2);
});

void t.test('lines request one recovery in 30 s, for each unit', async (t) => {
  const { clock, line, take } = world({ units: [A, B] });
  line();
  t.strictSame(take(), [A]);
  await clock.advance(29_999);
  for (let i = 0; i < 1_000; i++) line();
  t.strictSame(take(), [], 'within 30 s');
  line(LINE, B);
  t.strictSame(take(), [B], 'another unit has a limit of its own');
  await clock.advance(1);
  line();
  t.strictSame(take(), [A]);
  line('GET / 200');
  line(LINE, 'strange.service');
  t.strictSame(take(), [], 'lines of no interest, and of units that are not guarded');
});

void t.test('a unit that waits for free sets is retried after 5, 15, 30, then every 60 s', async (t) => {
  const one = world();
  one.is('active');
  one.endsFor(A, 'one');
  one.is('failed');
  t.strictSame(one.take(), [A]);
  t.strictSame(await requestTimes(one, 300), [5, 20, 50, 110, 170, 230, 290]);
});

void t.test('a unit that failed before its ending was recorded is retried as well', async (t) => {
  const one = world();
  one.is('active');
  one.is('failed');
  one.take();
  one.endsFor(A, 'one');
  t.strictSame(await requestTimes(one, 60), [5, 20, 50]);
});

void t.test('the next retry is cancelled when the unit is running, reset or stopped', async (t) => {
  for (const [what, active, invocationId] of [
    ['up', 'active', 'two'],
    ['on its way', 'activating', 'two'],
    ['reset', 'inactive', 'one'],
    ['stopped', 'inactive', 'two'],
  ] as const) {
    const one = world();
    one.is('active');
    one.endsFor(A, 'one');
    one.is('failed');
    one.take();
    await one.clock.advance(6_000);
    one.take();
    t.equal(one.clock.waiting, 2, 'a retry is to come, and whether the request was taken');
    one.is(active, invocationId);
    one.take();
    // The new sets of a running unit are listed in 5 s, and whether its request was taken is seen then.
    await one.clock.advance(10_000);
    t.equal(one.clock.waiting, 0, what);
    t.strictSame(await requestTimes(one, 120), [], what);
  }
});

void t.test(
  'no timer runs for a unit that is running, was stopped, or failed for another reason',
  async (t) => {
    const { is, clock, endsFor, take } = world({ units: [A] });
    /** Timers that are left once the request is taken. */
    const timers = async (): Promise<number> => {
      take();
      await clock.advance(10_000);
      return clock.waiting;
    };
    t.equal(clock.waiting, 0);
    is('active');
    t.equal(await timers(), 0, 'its sets are listed');
    is('inactive');
    t.equal(await timers(), 0, 'stopped');
    endsFor(A, 'two', { cause: 'config-error' });
    is('failed', 'two');
    t.equal(await timers(), 0, 'another cause');
    endsFor(A, 'three', { byItself: false });
    is('failed', 'three');
    t.equal(await timers(), 0, 'somebody stopped it');
    is('failed', 'four');
    t.equal(clock.waiting, 2, 'an ending may be kept yet, and the request may not be taken');
    t.equal(await timers(), 0, 'none was');
  },
);

void t.test(
  'while the bus is gone the journal shows what ended; it is back once a state comes',
  async (t) => {
    const { is, take, watcher, logged, clock, endsFor } = world({ units: [A, B] });
    const ended = (unit: string): JournalEntry => ({
      cursor: 'c',
      unit,
      message: '',
      endedUnit: unit,
      exitedUnit: null,
    });
    is('active', 'a', A);
    // Then its sets are listed.
    await clock.advance(5_000);
    endsFor(B, 'b');
    is('failed', 'b', B);
    take();
    watcher.onEntry(ended(A));
    t.strictSame(take(), [], 'with a bus the state is asked, not the journal');
    watcher.onBusTrouble('the connection to the system bus was lost');
    t.strictSame(take(), [A, B], 'what happened since may have been missed');
    t.equal(clock.waiting, 1, 'only whether the request was taken: no retry while none can help');
    watcher.onEntry(ended(A));
    watcher.onEntry(ended('strange.service'));
    t.strictSame(take(), [A]);
    is('active', 'a', A);
    await clock.advance(5_000);
    t.strictSame(take(), []);
    is('failed', 'b', B);
    t.strictSame(take(), [B], 'still down: news, now that a recovery can help');
    t.equal(clock.waiting, 2, 'a retry, and whether the request was taken');
    watcher.onEntry(ended(A));
    t.strictSame(take(), []);
    t.equal(logged.filter((line) => line.includes('systemd reports its units again')).length, 1);
  },
);

void t.test('a main process that exits while its unit is reloading', async (t) => {
  const { is, take, watcher } = world();
  const exited = { cursor: 'c', unit: 'init.scope', message: '', endedUnit: null, exitedUnit: A };
  is('active');
  take();
  watcher.onEntry(exited);
  t.strictSame(take(), [], 'a change of state follows');
  is('reloading');
  watcher.onEntry(exited);
  t.strictSame(take(), [A]);
  watcher.onEntry({ ...exited, exitedUnit: 'strange.service' });
  t.strictSame(take(), []);
});

void t.test('its start is complete once each state is known, or without a bus', async (t) => {
  const begun = async (watcher: Watcher): Promise<boolean> =>
    Promise.race([watcher.begun.then(() => true), new Promise<boolean>((go) => setImmediate(go, false))]);
  const both = world({ units: [A, B] });
  both.is('active', 'a', A);
  t.equal(await begun(both.watcher), false);
  both.is('active', 'b', B);
  t.equal(await begun(both.watcher), true);
  const none = world({ units: [A] });
  none.watcher.onBusTrouble('no bus');
  t.equal(await begun(none.watcher), true);
  t.equal(await begun(world({ units: [] }).watcher), true, 'nothing to follow');
});

void t.test(
  'a request that cannot be written is logged as a warning, and so is trouble with the journal',
  async (t) => {
    const { is, fillDisk, logged, watcher } = world();
    is('active');
    fillDisk();
    is('failed');
    watcher.onJournalTrouble('journalctl ended');
    t.match(logged, [
      /^warning: .*but the recovery cannot be requested: no space/,
      /^warning: journalctl ended; restarting it/,
    ]);
  },
);

void t.test(
  'a request that is not taken is withdrawn and comes back until it is, also on a full disk',
  async (t) => {
    const one = world();
    one.is('failed');
    one.fillDisk();
    await one.clock.advance(2_000);
    t.strictSame(one.take(), [], 'systemd notices that it is gone');
    await one.clock.advance(100);
    t.strictSame([...one.waiting()], [A], 'and that it is back');
    await one.clock.advance(15_400);
    t.equal(one.withdrawals(), 4, 'after 2 s, then every 5 s');
    t.strictSame(one.take(), [A]);
    await one.clock.advance(60_000);
    t.equal(one.withdrawals(), 4, 'and no more when it was taken');
    t.strictSame(one.logged.length, 1);
  },
);

void t.test('a unit that is requested while the request is withdrawn is added to it', async (t) => {
  const one = world({ units: [A, B] });
  one.is('failed');
  one.line();
  await one.clock.advance(2_050);
  one.is('failed', 'one', A);
  one.is('failed', 'two', B);
  t.strictSame(one.take().sort(), [A, B]);
  await one.clock.advance(60_000);
  t.strictSame(one.take(), [], 'once');
});

void t.test('a request that is lost while it is withdrawn', async (t) => {
  const one = world();
  one.is('failed');
  await one.clock.advance(2_050);
  one.lose();
  await one.clock.advance(1_000);
  t.match(one.logged.at(-1), 'a request that was not taken cannot be renewed: there is none');
  one.is('failed', 'two');
  t.strictSame(one.take(), [A], 'does not block the next one');
});

void t.test('a request that an earlier watcher left is renewed, too', async (t) => {
  const one = world({ waiting: [A] });
  one.is('failed');
  await one.clock.advance(2_050);
  t.strictSame(one.waiting(), []);
  await one.clock.advance(50);
  t.strictSame(one.take(), [A]);
  t.equal(one.writes(), 0);
});

void t.test('its memory is seen to when it is awake anyway, and nothing else wakes it', async (t) => {
  const one = world();
  one.watcher.checkTable();
  t.equal(one.awake(), 1, 'a look at the table');
  await one.clock.advance(3_600_000);
  t.equal(one.awake(), 1, 'no sets');
  one.line();
  one.take();
  await one.clock.advance(1_500);
  t.equal(one.awake(), 1);
  await one.clock.advance(3_600_000);
  t.equal(one.awake(), 2, 'some seconds after a request');
  one.setTable(new Set([1]));
  one.watcher.checkTable();
  await one.clock.advance(120_000);
  t.equal(one.awake(), 5, 'each minute while there are sets');
});

void t.test('a request that was taken is not written again', async (t) => {
  const one = world();
  one.is('failed');
  t.strictSame(one.take(), [A]);
  await one.clock.advance(25_000);
  t.equal(one.writes(), 1);
});
