import t from 'tap';
import { type ActiveState, parseActiveState } from '../../../src/core/units/active-state.ts';
import { type UnitPhase, isDown, isUp, unitPhase } from '../../../src/core/units/unit-state.ts';

const unit = (text: string, sub = 'running') => ({
  active: parseActiveState(text),
  sub,
  mainPid: 7,
  result: 'success',
});

void t.test('each state of systemd has its phase', async (t) => {
  const phases: Record<ActiveState, UnitPhase> = {
    active: 'up',
    reloading: 'up',
    refreshing: 'up',
    inactive: 'down',
    failed: 'down',
    maintenance: 'down',
    activating: 'changing',
    deactivating: 'changing',
    unrecognized: 'changing',
  };
  for (const [text, phase] of Object.entries(phases)) {
    const one = unit(text);
    t.equal(one.active, text);
    t.equal(unitPhase(one), phase, text);
    t.equal(isUp(one), phase === 'up', text);
    t.equal(isDown(one), phase === 'down', text);
  }
});

void t.test('a unit that is active (exited) is up, although systemd watches no process of it', async (t) => {
  const exited = unit('active', 'exited');
  t.equal(unitPhase(exited), 'up-without-process');
  t.ok(isUp(exited));
  t.notOk(isDown(exited));
});

void t.test('a unit that is stuck in reloading is down', async (t) => {
  const stuck = { ...unit('reloading'), mainPid: 0, result: 'exit-code' };
  t.equal(unitPhase(stuck), 'down');
  t.notOk(isUp(stuck));
  t.ok(isDown(stuck));
  t.ok(isUp({ ...stuck, result: 'success' }), 'a reload that goes on');
});

void t.test('a state that this version does not know is neither up nor down', async (t) => {
  for (const text of ['', 'hibernating', 'Active', 'active\n']) {
    const one = unit(text, '');
    t.equal(one.active, 'unrecognized');
    t.notOk(isUp(one));
    t.notOk(isDown(one));
  }
});
