import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import type { GuardFacts, GuardService, GuardedUnit } from '../../../src/core/guard/guard-facts.ts';
import {
  guardProblems,
  guardWarnings,
  isWatched,
  notGuarded,
  problemsOf,
} from '../../../src/core/guard/guard-problems.ts';
import { unit } from '../../view/report/report-builder.ts';
import { guard, guardedUnit, service } from './guard-builder.ts';

const INSTALL = 'httpd-guard install --unit apache2.service';

void t.test('a guard that works has no problem', async (t) => {
  t.strictSame(guardProblems(guard()), []);
  t.strictSame(guardProblems(guard({ units: [] })), [], 'nor has one that is not installed');
  t.ok(isWatched(guard()));
});

void t.test('each problem of the hooks has its fix', async (t) => {
  const problem = (over: Partial<GuardedUnit>) => guardProblems(guard({ units: [guardedUnit(over)] }));
  const hooks = { startPre: true, stopPost: true, needsReload: false };
  const cases: [Partial<GuardedUnit>, RegExp, string | null][] = [
    [{ file: 'outdated' }, /^the hooks of apache2.service came from another version/, INSTALL],
    [{ file: 'other-copy', lib: '/usr/local/lib/x' }, /another copy .*\/usr\/local\/lib\/x/, INSTALL],
    [{ file: 'other-copy', lib: '/a', lacks: 'gate' }, /cannot run: \/a lacks gate$/, INSTALL],
    [{ lacks: 'gate' }, /lacks gate; install this version of httpd-guard again$/, null],
    [{ file: 'foreign', lib: null, node: null }, /not written by httpd-guard/, INSTALL],
    [{ nodeVersion: unknown('/usr/bin/node does not run: gone') }, /cannot run: \/usr\/bin\/node/, INSTALL],
    [{ hooks: unknown('no bus') }, /could not be checked: no bus/, null],
    [{ hooks: known({ ...hooks, needsReload: true }) }, /has not read/, 'systemctl daemon-reload'],
    [
      { hooks: known({ ...hooks, stopPost: false }) },
      /removes the hooks \(ExecStopPost=\)/,
      'systemctl cat apache2.service',
    ],
    [
      { hooks: known({ ...hooks, startPre: false, stopPost: false }) },
      /\(ExecStartPre= and ExecStopPost=\)/,
      'systemctl cat apache2.service',
    ],
  ];
  for (const [over, saw, run] of cases) t.match(problem(over), [{ unit: 'apache2.service', saw, run }]);
});

void t.test('each problem of the services has its fix', async (t) => {
  const services = (watch: Partial<GuardService>): GuardFacts =>
    guard({ services: [service('watch.service', watch), service('recover.path')] });
  const cases: [Partial<GuardService>, RegExp, string | null][] = [
    [
      { active: known('failed') },
      /^the watcher is not running/,
      'systemctl restart httpd-guard-watch.service',
    ],
    [
      { file: 'masked', active: known('inactive') },
      /^the watcher is masked/,
      `systemctl unmask httpd-guard-watch.service && ${INSTALL}`,
    ],
    [{ file: 'missing', lib: null, node: null }, /does not exist/, INSTALL],
    [{ active: unknown('no bus') }, /could not be checked: no bus/, null],
    [{ enabled: 'disabled' }, /does not start at boot/, 'systemctl enable httpd-guard-watch.service'],
  ];
  for (const [over, saw, run] of cases)
    t.match(guardProblems(services(over)), [{ unit: null, saw, run }], String(saw));
  t.equal(isWatched(services({ active: known('failed') })), false);
  t.equal(isWatched(services({ active: unknown('no bus') })), null);
  t.equal(isWatched(guard({ services: [] })), false);
  const masked = service('metrics.timer', { file: 'masked' });
  t.match(guardProblems(guard({ services: [masked] })), [{ saw: /^httpd-guard-metrics.timer is masked$/ }]);
});

void t.test('check warns of the problems of its unit, and only notes a missing guard', async (t) => {
  const both = guard({
    units: [guardedUnit(), guardedUnit({ unit: 'b.service', file: 'outdated' })],
    services: [service('watch.service', { active: known('inactive') }), service('recover.path')],
  });
  t.equal(problemsOf('apache2.service', both).length, 1);
  t.equal(problemsOf('b.service', both).length, 2);
  t.strictSame(problemsOf('c.service', both), []);
  t.match(guardWarnings(unit(), both), [
    /^apache2.service is guarded, but the watcher is not running .*: systemctl restart httpd-guard-watch.service$/,
  ]);
  t.match(guardWarnings(unit(), guard({ units: [guardedUnit({ hooks: unknown('no bus') })] })), [
    /checked: no bus$/,
  ]);
  const none = guard({ units: [], services: [] });
  t.strictSame(notGuarded(unit(), none), [
    'apache2.service is not guarded by httpd-guard: httpd-guard install --unit apache2.service',
  ]);
  t.strictSame(notGuarded(unit(), guard()), []);
  t.strictSame(notGuarded(unit({ privateIpc: true }), none), []);
  t.strictSame(notGuarded(unit({ load: 'masked' }), none), []);
});

void t.test('of a masked httpd systemd loads no hooks, but the watcher is for others too', async (t) => {
  const both = guard({
    units: [guardedUnit({ hooks: known({ startPre: false, stopPost: false, needsReload: false }) })],
    services: [service('watch.service', { active: known('inactive') })],
  });
  t.equal(guardWarnings(unit(), both).length, 2);
  t.match(guardWarnings(unit({ load: 'masked' }), both), [/the watcher is not running/]);
});
