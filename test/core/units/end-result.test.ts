import t from 'tap';
import { isFailedExit, isKill } from '../../../src/core/units/end-result.ts';

void t.test('each result of systemd is a kill, a failed exit, or neither', async (t) => {
  const all = ['success', 'exit-code', 'signal', 'core-dump', 'timeout', 'watchdog', 'oom-kill'];
  const results = [...all, 'protocol', 'resources', 'start-limit-hit', ''];
  t.equal(results.filter(isKill).join(' '), 'signal core-dump watchdog oom-kill');
  t.equal(results.filter(isFailedExit).join(' '), 'exit-code protocol resources start-limit-hit');
});
