import t from 'tap';
import type { ActiveState } from '../../../src/core/units/active-state.ts';
import { isDownForSets, isReasonToRecover, retryDelayMs } from '../../../src/core/recovery/reason-to-look.ts';
import { ending } from '../diagnosis/failure-builder.ts';

const state = (active: ActiveState, result = 'success', restart = 'no') => ({
  active,
  invocationId: 'x',
  result,
  restart,
});

void t.test('a unit that fails is a reason to request a recovery, an inactive one is not', async (t) => {
  const look = (before: ActiveState, now: ActiveState) => isReasonToRecover(state(before), state(now), null);
  t.ok(look('active', 'failed'));
  t.ok(look('deactivating', 'failed'));
  t.notOk(look('failed', 'failed'), 'told twice');
  t.notOk(look('active', 'reloading'));
  t.notOk(look('active', 'inactive'), 'a wished stop');
  t.ok(isReasonToRecover(undefined, state('failed'), null), 'failed before the watcher began');
  t.notOk(isReasonToRecover(undefined, state('inactive'), null));
  t.notOk(isReasonToRecover(undefined, state('active'), null));
});

void t.test('a run that fails is a reason before ExecStopPost= has ended, and only once', async (t) => {
  const failing = state('deactivating', 'exit-code');
  t.ok(isReasonToRecover(state('active'), failing, null));
  t.ok(isReasonToRecover(state('deactivating'), failing, null), 'it was stopping, and then failed');
  t.notOk(isReasonToRecover(failing, failing, null));
  t.notOk(isReasonToRecover(failing, state('failed'), null), 'requested already');
  t.ok(isReasonToRecover(failing, { ...state('failed'), invocationId: 'y' }, null), 'another run');
});

void t.test('which runs are failing', async (t) => {
  const look = (result: string, restart = 'no') =>
    isReasonToRecover(state('active'), state('deactivating', result, restart), null);
  t.ok(look('exit-code'));
  t.notOk(look('success'), 'a stop');
  t.notOk(look('signal'), 'a kill');
  t.notOk(look('exit-code', 'on-failure'), 'systemd starts it again');
});

void t.test('the result that ExecStopPost kept can rule a recovery out', async (t) => {
  const look = (now: ActiveState, over: object) =>
    isReasonToRecover(state('deactivating'), state(now), ending(over));
  t.ok(look('failed', {}));
  t.notOk(look('failed', { result: 'signal' }));
  t.notOk(look('failed', { result: 'oom-kill' }));
  t.ok(look('inactive', { result: 'success' }), 'as 2.2 does');
  t.notOk(look('inactive', { result: 'success', byItself: false }));
  t.notOk(isReasonToRecover(state('failed'), state('inactive'), ending()), 'reset-failed is no end');
});

void t.test(
  'a unit that failed because no set could be created is retried, unless it was stopped on purpose',
  async (t) => {
    const leak = ending({ cause: 'semaphore-leak' });
    const demand = ending({ cause: 'semaphore-demand' });
    t.ok(isDownForSets('failed', leak));
    t.ok(isDownForSets('failed', demand));
    t.ok(isDownForSets('inactive', { ...demand, result: 'success' }), 'as 2.2 does');
    t.notOk(isDownForSets('inactive', demand), 'after reset-failed');
    t.notOk(isDownForSets('active', demand));
    t.notOk(isDownForSets('failed', { ...demand, byItself: false }));
    t.notOk(isDownForSets('failed', ending({ cause: 'config-error' })));
    t.notOk(isDownForSets('failed', null));
    t.strictSame([0, 1, 2, 3, 4, 99].map(retryDelayMs), [5_000, 15_000, 30_000, 60_000, 60_000, 60_000]);
  },
);

void t.test('a run whose states systemd did not signal one by one is detected', async (t) => {
  const another = (active: ActiveState) => ({ ...state(active), invocationId: 'y' });
  const byItself = ending({ result: 'success' });
  t.ok(isReasonToRecover(state('inactive'), another('inactive'), byItself));
  t.ok(isReasonToRecover(state('failed'), another('inactive'), byItself));
  t.ok(isReasonToRecover(state('failed'), another('failed'), null));
  t.notOk(isReasonToRecover(state('inactive'), another('inactive'), null), 'a wished stop');
  t.notOk(isReasonToRecover(state('active'), another('active'), null), 'a restart');
});
