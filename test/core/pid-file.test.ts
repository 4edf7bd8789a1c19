import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import { judgePidFile } from '../../src/core/pid-file.ts';
import { master, otherProgram } from './snapshot-builder.ts';

void t.test('a pid file says something only when its number is a living httpd’s', async (t) => {
  const processes = [master(), otherProgram()];
  const alive = new Set([1, 800, 900]);
  const cases = [
    [known(null), null, 'absent'],
    [unknown('not a number'), null, 'unreadable'],
    [known(800), 800, 'live'],
    [known(900), 900, 'foreign'],
    [known(1), 1, 'foreign'],
    [known(700), 700, 'stale'],
  ] as const;
  for (const [content, pid, state] of cases)
    t.same(judgePidFile('/run/httpd.pid', content, processes, alive), { path: '/run/httpd.pid', pid, state });
});
