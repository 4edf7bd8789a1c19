import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import { guardStatus } from '../../src/core/guard/guard-status.ts';
import { type StatusReport, statusJson, statusText } from '../../src/view/guard-status.ts';
import { LIB, guard, guardedUnit, service } from '../core/guard/guard-builder.ts';
import { unit } from './report/report-builder.ts';
import { complaints } from './schemas/complaints.ts';

const serving = [
  {
    unit: 'apache2.service',
    facts: known(unit()),
    ports: known([80, 443]),
    health: { url: 'http://127.0.0.1/', complaint: null },
  },
];
const report = (over: Partial<StatusReport> = {}): StatusReport => {
  const facts = over.guard ?? guard();
  return {
    ...guardStatus(facts, over.serving ?? serving, []),
    version: '1.2.3',
    node: { path: '/usr/bin/node', version: '24.22.3' },
    guard: facts,
    serving,
    last: new Map([['apache2.service', known(null)]]),
    notGuarded: [],
    missing: [],
    ...over,
  };
};

void t.test('one screen: httpd, hooks, last action, services, version', async (t) => {
  const figures = { removed: 3, failed: 0, command: 'pre-start', ids: [1, 2, 3] };
  const last = {
    atMs: 0,
    unit: 'apache2.service',
    did: 'cleared',
    cause: null,
    sentence: 'removed 3 sets',
    figures,
  } as const;
  const text = statusText(report({ last: new Map([['apache2.service', known(last)]]) }), { quiet: false });
  t.match(
    text,
    /^httpd-guard is on: apache2.service\n\napache2.service\n {2}httpd {3}active \(running\), enabled, listens on 80, 443, http:\/\/127.0.0.1\/ answers\n {2}hooks {3}current, loaded; Node 24.22.3 \(\/usr\/bin\/node\)\n/,
  );
  t.match(text, /\n {2}last {4}1970-.* removed 3 sets\n/);
  t.match(text, /\nhttpd-guard-watch.service {4}active, enabled, current\n/);
  t.ok(text.endsWith(`\nhttpd-guard 1.2.3 in ${LIB}, Node 24.22.3 (/usr/bin/node)\n`));
  t.ok(text.split('\n').length < 24);
});

void t.test('what does not work comes first, with its fix; what is unknown is named', async (t) => {
  const degraded = guard({
    units: [
      guardedUnit({ hooks: unknown('no bus'), nodeVersion: unknown('/usr/bin/node does not run: ENOENT') }),
    ],
    services: [service('watch.service', { active: known('failed'), enabled: '' })],
  });
  const one = report({
    guard: degraded,
    last: new Map([['apache2.service', unknown('not root')]]),
    notGuarded: ['b.service'],
    missing: ['the journal: not root'],
  });
  const text = statusText(one, { quiet: false });
  t.match(
    text,
    /^httpd-guard is degraded: apache2.service\n {2}the hooks of .*\. To fix: httpd-guard install --unit apache2.service\n/,
  );
  t.match(text, 'To fix: systemctl restart httpd-guard-watch.service\n');
  t.match(text, 'Not guarded: b.service.');
  t.match(text, 'could not be read: the journal: not root\n');
  t.match(text, '  hooks   current, unknown; Node (does not run) (/usr/bin/node)\n');
  t.equal(statusText(one, { quiet: true }).split('\n').length, 4, 'quiet: headline and fixes');
  const down = serving.map((its) => ({ ...its, facts: unknown('no bus'), ports: known([]), health: null }));
  t.match(statusText(report({ serving: down }), { quiet: false }), '  httpd   unknown\n');
  t.match(
    statusText(report({ serving: [], last: new Map() }), { quiet: false }),
    /httpd {3}unknown\n[^]* {2}last {4}unknown\n/,
  );
});

void t.test('not installed: how to', async (t) => {
  const none = report({ guard: guard({ units: [], services: [] }), serving: [] });
  t.match(
    statusText(none, { quiet: false }),
    /^httpd-guard guards no unit. To guard httpd: httpd-guard install\n/,
  );
  t.match(statusJson(none), { state: 'not-installed', units: [], services: [] });
});

void t.test('the object is valid by its schema', async (t) => {
  const failing = [{ ...serving[0], health: { url: 'http://x/', complaint: 'answers 500' } }];
  for (const one of [
    report(),
    report({ serving: failing as StatusReport['serving'] }),
    report({ serving: [], last: new Map() }),
    report({ guard: guard({ units: [guardedUnit({ node: null, hooks: unknown('no bus') })] }) }),
  ])
    t.strictSame(complaints('status', statusJson(one)), []);
  t.match(statusJson(report()).units, [{ ports: [80, 443], health: { ok: true }, last: null }]);
});
