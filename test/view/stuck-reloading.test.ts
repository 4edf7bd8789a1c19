import t from 'tap';
import { explainFailure } from '../../src/core/diagnosis/explain-failure.ts';
import { lastLines } from '../../src/core/diagnosis/last-lines.ts';
import { known } from '../../src/core/fact.ts';
import { guardStatus } from '../../src/core/guard/guard-status.ts';
import { unitNeed } from '../../src/core/limits/kills-left.ts';
import { NO_ATTEMPTS } from '../../src/core/recovery/attempts.ts';
import { NO_ACTIONS } from '../../src/core/guard/action-counts.ts';
import { reportPrometheus } from '../../src/view/report/report-prometheus.ts';
import { reportText } from '../../src/view/report/report-text.ts';
import { failedUnit, failure, line, use } from '../core/diagnosis/failure-builder.ts';
import { guard } from '../core/guard/guard-builder.ts';
import { settings, sick } from './report/report-builder.ts';

/** Before systemd 249, after its main process died while it reloaded. */
const stuck = failedUnit({ active: 'reloading', sub: 'reload' });

void t.test('a unit that is stuck in reloading is down in every voice', async (t) => {
  const full = sick();
  const report = { ...full, unit: known(stuck) };
  const style = { colour: false, unicode: false, quiet: false, verbose: false, explain: false };
  t.match(reportText(report, style), /apache2\.service cannot start: the semaphore table is full/);
  const measured = { unit: stuck.name, report, history: known(NO_ATTEMPTS), counts: known(NO_ACTIONS) };
  t.match(
    reportPrometheus([measured], { version: '1', node: '24' }),
    /^httpd_guard_unit_active\{unit="apache2.service"\} 0$/m,
  );
  const serving = { unit: stuck.name, facts: known(stuck), ports: known([]), health: null };
  t.match(guardStatus(guard(), [serving], []), {
    state: 'degraded',
    problems: [{ saw: /is stuck in reloading/, run: 'httpd-guard diagnose --unit apache2.service' }],
  });
  const facts = failure({ unit: known(stuck) });
  const old = line('an old line', { atMs: stuck.run.began.realMs - 3_600_000 });
  t.strictSame(lastLines(facts, [old]), [], 'as of an ended run, only its last lines are read');
  const removed = line("(43)Identifier removed: AH00144: couldn't grab the accept mutex");
  t.equal(explainFailure(facts, [removed]).cause, 'set-removed-while-live');
  const busy = line('(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80');
  t.equal(explainFailure(facts, [busy]).cause, 'port-held-by-other', 'it is not serving');
  const need = (one: typeof stuck) =>
    unitNeed({
      unit: one,
      settings: known(settings()),
      guarded: false,
      held: null,
      balancers: 0,
      use: known(use(6)),
    }).kills;
  t.strictSame(need(stuck), need(failedUnit()), 'its next start needs its sets first');
});
