import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { type ServingFacts, guardStatus } from '../../../src/core/guard/guard-status.ts';
import { unit } from '../../view/report/report-builder.ts';
import { guard, guardedUnit } from './guard-builder.ts';

const serving = (over: Partial<ServingFacts> = {}): ServingFacts => ({
  unit: 'apache2.service',
  facts: known(unit()),
  ports: known([80]),
  health: null,
  ...over,
});
const DIAGNOSE = 'httpd-guard diagnose --unit apache2.service';

void t.test('working, degraded, not installed', async (t) => {
  t.match(guardStatus(guard(), [serving()], []), { state: 'working', problems: [] });
  t.match(guardStatus(guard({ units: [] }), [], []), { state: 'not-installed' });
  t.match(guardStatus(guard({ units: [guardedUnit({ file: 'outdated' })] }), [serving()], []), {
    state: 'degraded',
  });
  const why = 'httpd does not report its user (httpd 2.2); set user = "apache"';
  t.match(guardStatus(guard(), [serving()], [{ unit: 'apache2.service', why }]), {
    state: 'degraded',
    problems: [{ unit: 'apache2.service', saw: `apache2.service: ${why}`, run: null }],
  });
});

void t.test('an httpd that does not serve is a problem, one that was stopped is none', async (t) => {
  const stopped = unit({ active: 'inactive', sub: 'dead' });
  t.match(guardStatus(guard(), [serving({ facts: known(stopped), ports: known([]) })], []), {
    state: 'working',
  });
  const cases: [Partial<ServingFacts>, RegExp, string | null][] = [
    [{ facts: known(unit({ active: 'failed', sub: 'failed' })), ports: known([]) }, /is failed/, DIAGNOSE],
    [{ ports: known([]) }, /listens on no port/, DIAGNOSE],
    [{ health: { url: 'http://x/', complaint: 'http://x/ answers 503' } }, /answers 503/, DIAGNOSE],
    [{ facts: unknown('no bus') }, /no bus/, null],
  ];
  for (const [over, saw, run] of cases)
    t.match(guardStatus(guard(), [serving(over)], []), { state: 'degraded', problems: [{ saw, run }] });
  t.match(guardStatus(guard(), [serving({ ports: unknown('not root') })], []), { state: 'working' });
  t.match(guardStatus(guard(), [serving({ health: { url: 'http://x/', complaint: null } })], []), {
    state: 'working',
  });
});
