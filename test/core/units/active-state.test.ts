import t from 'tap';
import {
  type ActiveState,
  type UnitPhase,
  isDown,
  isUp,
  parseActiveState,
  unitPhase,
} from '../../../src/core/units/active-state.ts';

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
    const unit = { active: parseActiveState(text), sub: 'running' };
    t.equal(unit.active, text);
    t.equal(unitPhase(unit), phase, text);
    t.equal(isUp(unit), phase === 'up', text);
    t.equal(isDown(unit), phase === 'down', text);
  }
});

void t.test('a unit that is active (exited) is up, although systemd watches no process of it', async (t) => {
  const unit = { active: 'active', sub: 'exited' } as const;
  t.equal(unitPhase(unit), 'up-without-process');
  t.ok(isUp(unit));
  t.notOk(isDown(unit));
});

void t.test('a state that this version does not know is neither up nor down', async (t) => {
  for (const text of ['', 'hibernating', 'Active', 'active\n']) {
    const unit = { active: parseActiveState(text), sub: '' };
    t.equal(unit.active, 'unrecognized');
    t.notOk(isUp(unit));
    t.notOk(isDown(unit));
  }
});
