import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { judgePidFile } from '../../../src/core/verdict/pid-file.ts';
import { master, otherProgram, snapshot } from './snapshot-builder.ts';

void t.test('a pid file is live only if its pid is a running httpd', async (t) => {
  const scene = snapshot({ processes: [master(), otherProgram()], alivePids: new Set([1, 800, 900]) });
  const cases = [
    [known(null), null, 'absent'],
    [unknown('not a number'), null, 'unreadable'],
    [known(800), 800, 'live'],
    [known(900), 900, 'foreign'],
    [known(1), 1, 'foreign'],
    [known(700), 700, 'stale'],
  ] as const;
  for (const [content, pid, state] of cases)
    t.same(judgePidFile('/run/httpd.pid', content, scene), known({ path: '/run/httpd.pid', pid, state }));
});

void t.test('the state of a pid file is unknown if its process cannot be read', async (t) => {
  const unread = snapshot({ processes: [master({ isHttpd: unknown('unreadable') })] });
  const closed = snapshot({ visibility: unknown('hidepid'), alivePids: new Set([1, 800]) });
  for (const scene of [unread, closed]) {
    t.same(
      judgePidFile('/run/httpd.pid', known(800), scene),
      unknown('/run/httpd.pid names process 800, of which it is unknown whether it is httpd'),
    );
    t.match(judgePidFile('/run/httpd.pid', known(700), scene), { value: { state: 'stale' } });
    t.match(judgePidFile('/run/httpd.pid', known(null), scene), { value: { state: 'absent' } });
  }
  const seen = snapshot({ visibility: unknown('hidepid'), processes: [master()] });
  t.match(judgePidFile('/run/httpd.pid', known(800), seen), { value: { state: 'live' } });
});
