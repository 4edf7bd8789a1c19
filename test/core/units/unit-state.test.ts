import t from 'tap';
import { isChanging, isStuck, isUnsupervised, isUp } from '../../../src/core/units/unit-state.ts';
import type { ActiveState } from '../../../src/core/units/active-state.ts';
import { restartsByItself } from '../../../src/core/units/restart.ts';

const state = (active: ActiveState, over: Partial<Parameters<typeof isChanging>[0]> = {}) => ({
  active,
  sub: 'running',
  mainPid: 7,
  result: 'success',
  job: null,
  ...over,
});

void t.test('up, stuck, unsupervised, changing: one meaning each', async (t) => {
  t.ok(isUp(state('active')));
  t.ok(isUp(state('reloading')));
  const stuck = state('reloading', { mainPid: 0, result: 'exit-code' });
  t.ok(isStuck(stuck));
  t.notOk(isUp(stuck));
  t.notOk(isChanging(stuck), 'nothing changes by itself');
  t.notOk(isChanging({ ...stuck, job: 'reload' }), 'nor does the reload end');
  t.ok(isChanging({ ...stuck, job: 'stop' }));
  t.notOk(isStuck(state('reloading', { mainPid: 0 })));
  for (const active of ['inactive', 'failed', 'activating', 'deactivating'] as const)
    t.notOk(isUp(state(active)), active);
  t.ok(isUnsupervised(state('active', { sub: 'exited' })));
  t.notOk(isUnsupervised(state('inactive', { sub: 'exited' })));
  for (const active of ['activating', 'deactivating', 'reloading'] as const)
    t.ok(isChanging(state(active)), active);
  t.ok(isChanging(state('failed', { job: 'start' })));
  t.notOk(isChanging(state('active')));
});

void t.test('what Restart= covers, as systemd.service(5) has it', async (t) => {
  const covered = (restart: string, ...results: string[]) =>
    results.filter((result) => restartsByItself({ restart }, result)).join(' ');
  const all = ['success', 'exit-code', 'signal', 'core-dump', 'timeout', 'watchdog', 'start-limit-hit'];
  t.equal(covered('no', ...all), '');
  t.equal(covered('', ...all), '');
  t.equal(covered('always', ...all), 'success exit-code signal core-dump timeout watchdog');
  t.equal(covered('on-success', ...all), 'success');
  t.equal(covered('on-failure', ...all), 'exit-code signal core-dump timeout watchdog');
  t.equal(covered('on-abnormal', ...all), 'signal core-dump timeout watchdog');
  t.equal(covered('on-abort', ...all), 'signal core-dump');
  t.equal(covered('on-watchdog', ...all), 'watchdog');
});
