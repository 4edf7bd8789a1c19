import t from 'tap';
import { type Fact, known, unknown } from '../../../src/core/fact.ts';
import { NO_ATTEMPTS, type Attempts } from '../../../src/core/recovery/attempts.ts';
import type { GuardFacts } from '../../../src/core/guard/guard-facts.ts';
import type { Report } from '../../../src/core/check/report.ts';
import { type ActionCounts, NO_ACTIONS } from '../../../src/core/guard/action-counts.ts';
import { type Measured, reportPrometheus as printed } from '../../../src/view/report/report-prometheus.ts';
import { NOW_S } from '../../core/verdict/snapshot-builder.ts';
import { guard, guardedUnit, service } from '../../core/guard/guard-builder.ts';
import { healthy, report, settings, sick, unit, unprivileged, unseen } from './report-builder.ts';

const measured = (
  report: Report,
  name: string | null = 'apache2.service',
  history: Fact<Attempts> = known(NO_ATTEMPTS),
  counts: Fact<ActionCounts> = known(NO_ACTIONS),
): Measured => ({ unit: name, report, history, counts });
const reportPrometheus = (servers: readonly Measured[]): string =>
  printed(servers, { version: '1.2.3', node: '24.22.3' });

const gaveUp: Attempts = { triesMs: [(NOW_S - 60) * 1000], gaveUp: true };

void t.test('every metric has HELP and TYPE', async (t) => {
  t.equal(
    reportPrometheus([measured(sick(), 'apache2.service', known(gaveUp))]),
    `# HELP httpd_guard_semaphore_sets Semaphore sets in this IPC namespace.
# TYPE httpd_guard_semaphore_sets gauge
httpd_guard_semaphore_sets 11
# HELP httpd_guard_semaphore_sets_max SEMMNI, the limit of sets.
# TYPE httpd_guard_semaphore_sets_max gauge
httpd_guard_semaphore_sets_max 11
# HELP httpd_guard_semaphores Semaphores in all sets.
# TYPE httpd_guard_semaphores gauge
httpd_guard_semaphores 27
# HELP httpd_guard_semaphores_max SEMMNS, the limit of semaphores.
# TYPE httpd_guard_semaphores_max gauge
httpd_guard_semaphores_max 100
# HELP httpd_guard_sets_by_verdict Semaphore sets by verdict for the httpd of this unit.
# TYPE httpd_guard_sets_by_verdict gauge
httpd_guard_sets_by_verdict{unit="apache2.service",verdict="orphan"} 10
httpd_guard_sets_by_verdict{unit="apache2.service",verdict="in-use"} 0
httpd_guard_sets_by_verdict{unit="apache2.service",verdict="foreign"} 1
httpd_guard_sets_by_verdict{unit="apache2.service",verdict="unsure"} 0
# HELP httpd_guard_kills_left How many more kill -9 this httpd survives if no orphaned sets are removed.
# TYPE httpd_guard_kills_left gauge
httpd_guard_kills_left{unit="apache2.service"} 0
# HELP httpd_guard_sets_lost Semaphore sets that another program removed while this httpd is running.
# TYPE httpd_guard_sets_lost gauge
httpd_guard_sets_lost{unit="apache2.service"} 0
# HELP httpd_guard_sets_missing Semaphore sets that this httpd could not create, so that a part of it does not work.
# TYPE httpd_guard_sets_missing gauge
httpd_guard_sets_missing{unit="apache2.service"} 0
# HELP httpd_guard_gave_up Whether this unit is down and httpd-guard has given up on it.
# TYPE httpd_guard_gave_up gauge
httpd_guard_gave_up{unit="apache2.service"} 1
# HELP httpd_guard_unit_active Whether systemd has this unit started.
# TYPE httpd_guard_unit_active gauge
httpd_guard_unit_active{unit="apache2.service"} 0
# HELP httpd_guard_guarded Whether the hooks of this unit are in place and work.
# TYPE httpd_guard_guarded gauge
httpd_guard_guarded{unit="apache2.service"} 0
# HELP httpd_guard_sets_removed_total Semaphore sets that httpd-guard removed for this unit.
# TYPE httpd_guard_sets_removed_total counter
httpd_guard_sets_removed_total{unit="apache2.service"} 0
# HELP httpd_guard_recoveries_total Recoveries of this unit by outcome.
# TYPE httpd_guard_recoveries_total counter
httpd_guard_recoveries_total{unit="apache2.service",outcome="recovered"} 0
httpd_guard_recoveries_total{unit="apache2.service",outcome="failed"} 0
httpd_guard_recoveries_total{unit="apache2.service",outcome="gave-up"} 0
# HELP httpd_guard_status The status of the last check.
# TYPE httpd_guard_status gauge
httpd_guard_status{unit="apache2.service",status="ok"} 0
httpd_guard_status{unit="apache2.service",status="warning"} 0
httpd_guard_status{unit="apache2.service",status="critical"} 1
httpd_guard_status{unit="apache2.service",status="unknown"} 0
# HELP httpd_guard_build_info The version of httpd-guard, and of the Node that ran this check.
# TYPE httpd_guard_build_info gauge
httpd_guard_build_info{version="1.2.3",node="24.22.3"} 1
# HELP httpd_guard_check_timestamp_seconds When the last check was taken.
# TYPE httpd_guard_check_timestamp_seconds gauge
httpd_guard_check_timestamp_seconds ${NOW_S}
`,
  );
});

void t.test('several units share the figures of the table; the others have a unit label', async (t) => {
  const text = reportPrometheus([measured(unseen(), 'b\\x2d"c\n.service'), measured(healthy(), 'a.service')]);
  t.equal(text.match(/^httpd_guard_semaphore_sets /gm)?.length, 1);
  t.match(text, 'httpd_guard_status{unit="b\\\\x2d\\"c\\n.service",status="unknown"} 1\n');
  t.match(text, 'httpd_guard_status{unit="a.service",status="ok"} 1\n');
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  t.strictSame(names, [...new Set(names)], 'each has its type once');
  t.match(reportPrometheus([measured(unseen(), null)]), 'httpd_guard_status{status="unknown"} 1\n');
});

void t.test('kills_left is printed for a server with sets in this table', async (t) => {
  const left = (one: Report): string | undefined =>
    /^httpd_guard_kills_left\S+ (\d+)$/m.exec(reportPrometheus([measured(one)]))?.[1];
  t.equal(left(report({ limits: known({ maxSets: 9, maxSemaphores: 100 }) })), '2', '8 free, 3 for each');
  t.equal(left(report({ limits: known({ maxSets: 100, maxSemaphores: 9 }) })), '2');
  t.equal(left(report({ limits: known({ maxSets: 0, maxSemaphores: 9 }) })), '0');
  t.equal(left(report({}, { settings: known(settings({ sysvMutexes: 0 })) })), undefined);
  t.equal(left(report({}, { settings: known(settings({ sysvMutexes: null })) })), undefined);
  t.equal(left(report({}, { unit: known(unit({ privateIpc: true })) })), undefined);
});

void t.test('whether it is guarded, watched and active, and what was done', async (t) => {
  const sample = (name: string, found: GuardFacts): string | undefined =>
    new RegExp(`^httpd_guard_${name}(?:{.*})? (\\d+)$`, 'm').exec(
      reportPrometheus([measured(report({}, { guard: found }))]),
    )?.[1];
  t.equal(sample('guarded', guard()), '1');
  t.equal(sample('unit_active', guard()), '1');
  t.equal(sample('watcher_up', guard()), '1');
  const stopped = guard({ services: [service('watch.service', { active: known('failed') })] });
  t.equal(sample('watcher_up', stopped), '0');
  t.equal(sample('guarded', stopped), '1', 'the hooks work without it');
  t.equal(sample('guarded', guard({ units: [guardedUnit({ file: 'outdated' })] })), '0');
  t.equal(sample('guarded', guard({ units: [guardedUnit({ hooks: unknown('no bus') })] })), undefined);
  t.equal(sample('watcher_up', guard({ units: [], services: [] })), undefined, 'without a guard no watcher');
  const counts = { removed: 12, recovered: 2, failed: 1, gaveUp: 0 };
  const text = reportPrometheus([measured(healthy(), 'a.service', known(NO_ATTEMPTS), known(counts))]);
  t.match(text, 'httpd_guard_sets_removed_total{unit="a.service"} 12\n');
  t.match(text, 'httpd_guard_recoveries_total{unit="a.service",outcome="failed"} 1\n');
});

void t.test('a figure that could not be read has no sample, never 0', async (t) => {
  const text = reportPrometheus([measured(unseen(), 'x.service', unknown('torn'), unknown('torn'))]);
  t.notMatch(text, /semaphore|verdict|starts|gave_up|_total|unit_active/);
  t.match(text, 'httpd_guard_status{unit="x.service",status="unknown"} 1\n');
  for (const one of [unprivileged(), report({ owner: unknown('not asked') })]) {
    t.notMatch(reportPrometheus([measured(one)]), 'verdict');
    t.match(reportPrometheus([measured(one)]), 'httpd_guard_semaphore_sets 1\n');
  }
});

void t.test('every line is a comment or a sample, with any unit name', async (t) => {
  for (const one of [sick(), healthy(), unprivileged(), unseen()]) {
    const text = reportPrometheus([measured(one, 'x\ny{z="')]);
    for (const line of text.trimEnd().split('\n'))
      t.match(
        line,
        /^(# (HELP|TYPE) httpd_guard_\w+ .+|httpd_guard_\w+(\{(\w+="([^"\\\n]|\\.)+",?)+\})? [\d.]+)$/,
      );
    const status = [...text.matchAll(/_status\{.*\} 1$/gm)];
    t.equal(status.length, 1, 'one status holds');
  }
});
