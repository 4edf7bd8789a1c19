import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import type { GuardFacts, GuardService, GuardedUnit } from '../../../src/core/guard/guard-facts.ts';
import {
  guardProblems,
  guardWarnings,
  isWatched,
  notGuarded,
  problemsOf,
  uninstalledWarnings,
} from '../../../src/core/guard/guard-problems.ts';
import type { LoadedService } from '../../../src/core/guard/loaded-service.ts';
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

void t.test('a unit that systemd does not load has no hooks', async (t) => {
  const hooks = known({ startPre: false, stopPost: false, needsReload: false });
  const withFile = (unitFile: GuardedUnit['unitFile']) =>
    guard({ units: [guardedUnit({ unitFile, hooks })], services: [] });
  t.strictSame(guardProblems(withFile(known('masked'))), [], 'masked on purpose');
  const uninstalled = 'httpd-guard uninstall --unit apache2.service';
  t.match(guardProblems(withFile(known('missing'))), [{ saw: /does not exist/, run: uninstalled }]);
  t.match(uninstalledWarnings(withFile(known('missing'))), [
    /^apache2.service is guarded, but the unit file of .* does not exist .*: httpd-guard uninstall/,
  ]);
  t.strictSame(uninstalledWarnings(withFile(unknown('no bus'))), []);
  t.match(guardProblems(withFile(known('invalid'))), [
    { saw: 'systemd cannot load apache2.service', run: 'systemd-analyze verify apache2.service' },
  ]);
});

void t.test("drop-ins that change httpd-guard's own units", async (t) => {
  const folder = '/etc/systemd/system/httpd-guard-watch.service.d';
  const back = `systemctl daemon-reload && systemctl restart httpd-guard-watch.service`;
  const of = (over: Partial<LoadedService>, active: GuardService['active'] = known('active')) => {
    const loaded = known({ overridden: [], needsReload: false, conditionMet: true, dropIns: [], ...over });
    return guard({ services: [service('watch.service', { loaded, active })] });
  };
  const dropIn = { path: `${folder}/a.conf`, settings: ['ExecStart'] };
  const other = { path: `${folder}/b.conf`, settings: ['MemoryMax'] };
  const everywhere = { path: '/etc/systemd/system/service.d/c.conf', settings: ['ExecStart'] };
  const overridden = of({ overridden: ['ExecStart'], dropIns: [dropIn, other] });
  t.strictSame(guardProblems(overridden), [
    {
      unit: null,
      saw: `the watcher does not work: ExecStart= of httpd-guard-watch.service is overridden by ${folder}/a.conf`,
      run: `mv ${folder}/a.conf ${folder}/a.conf.off && ${back}`,
    },
  ]);
  t.equal(isWatched(overridden), false);
  t.match(guardProblems(of({ overridden: ['ExecStart'], dropIns: [everywhere] })), [
    { run: 'systemctl cat httpd-guard-watch.service' },
  ]);
  const recovery = {
    path: '/etc/systemd/system/httpd-guard-recover.service.d/a.conf',
    settings: ['ExecStart'],
  };
  const loaded = known({
    overridden: ['ExecStart'],
    needsReload: false,
    conditionMet: true,
    dropIns: [recovery],
  });
  t.match(guardProblems(guard({ services: [service('recover.service', { loaded })] })), [
    {
      run: / && systemctl reset-failed httpd-guard-recover.service && systemctl restart httpd-guard-recover.path$/,
    },
  ]);
  t.match(guardProblems(of({ overridden: ['ExecStart'], needsReload: true })), [
    { run: 'systemctl daemon-reload' },
  ]);
  t.strictSame(guardProblems(of({ dropIns: [other] })), [], 'one that changes nothing of this is fine');
  const restart = 'systemctl restart httpd-guard-watch.service';
  t.match(guardProblems(of({ dropIns: [other] }, known('inactive'))), [{ run: restart }]);
  const moved = `mv ${folder}/b.conf ${folder}/b.conf.off && ${back}`;
  t.match(guardProblems(of({ dropIns: [other] }, known('failed'))), [{ run: moved }]);
  t.match(guardProblems(of({ dropIns: [other], conditionMet: false }, known('inactive'))), [{ run: moved }]);
  const unread = guard({ services: [service('watch.service', { loaded: unknown('no bus') })] });
  t.match(guardProblems(unread), [{ saw: /could not be checked: no bus/ }]);
  t.equal(isWatched(unread), null);
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
  const masked = {
    ...both,
    units: both.units.map((one) => ({ ...one, unitFile: known('masked' as const) })),
  };
  t.match(guardWarnings(unit({ load: 'masked' }), masked), [/the watcher is not running/]);
});
