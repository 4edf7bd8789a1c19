import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import { reportPrometheus } from '../../src/view/report-prometheus.ts';
import { healthy, report, sick, unprivileged, unit, unseen } from './report-builder.ts';

void t.test('every figure has its help and its type', async (t) => {
  t.equal(
    reportPrometheus(sick()),
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
# HELP httpd_guard_sets_by_verdict Semaphore sets by verdict.
# TYPE httpd_guard_sets_by_verdict gauge
httpd_guard_sets_by_verdict{verdict="orphan"} 10
httpd_guard_sets_by_verdict{verdict="in-use"} 0
httpd_guard_sets_by_verdict{verdict="foreign"} 1
httpd_guard_sets_by_verdict{verdict="unsure"} 0
# HELP httpd_guard_status The status of the last check.
# TYPE httpd_guard_status gauge
httpd_guard_status{status="ok"} 0
httpd_guard_status{status="warning"} 0
httpd_guard_status{status="critical"} 1
httpd_guard_status{status="unknown"} 0
`,
  );
});

void t.test('a figure that could not be read is left out, never 0', async (t) => {
  const text = reportPrometheus(unseen());
  t.notMatch(text, /semaphore|verdict/);
  t.match(text, 'httpd_guard_status{status="unknown"} 1\n');
  for (const one of [unprivileged(), report({ owner: unknown('not asked') })]) {
    t.notMatch(reportPrometheus(one), 'verdict');
    t.match(reportPrometheus(one), 'httpd_guard_semaphore_sets 1\n');
  }
});

void t.test('every line is a comment or a sample, whatever the host is called', async (t) => {
  const nasty = report({}, { unit: known(unit({ name: 'x\ny{z="' })), missing: ['a\n1'] });
  for (const one of [sick(), healthy(), unprivileged(), unseen(), nasty]) {
    for (const line of reportPrometheus(one).trimEnd().split('\n'))
      t.match(line, /^(# (HELP|TYPE) httpd_guard_\w+ .+|httpd_guard_\w+(\{\w+="[a-z-]+"\})? \d+)$/);
    const status = [...reportPrometheus(one).matchAll(/_status\{.*\} 1$/gm)];
    t.equal(status.length, 1, 'one status holds');
  }
});
