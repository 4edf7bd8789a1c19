import t from 'tap';
import { isReasonToLook } from '../../src/core/unit-state.ts';

const state = (active: string) => ({ active, sub: '' });

void t.test('an end is a reason to look, a rest is none', async (t) => {
  t.ok(isReasonToLook(state('active'), state('failed')));
  t.ok(isReasonToLook(state('deactivating'), state('failed')));
  t.ok(isReasonToLook(state('active'), state('inactive')));
  t.notOk(isReasonToLook(state('failed'), state('failed')), 'told twice');
  t.notOk(isReasonToLook(state('active'), state('reloading')));
  t.ok(isReasonToLook(undefined, state('failed')), 'failed before the watcher began');
  t.notOk(isReasonToLook(undefined, state('inactive')));
  t.notOk(isReasonToLook(undefined, state('active')));
});
