import t from 'tap';
import { tableAdvice } from '../../../src/core/check/table-advice.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import type { Verdict } from '../../../src/core/verdict/verdict.ts';
import { settings, unit } from '../../view/report/report-builder.ts';
import { set } from '../verdict/snapshot-builder.ts';

const use = known({ sets: { used: 12, max: 12 }, semaphores: { used: 12, max: 100 } });
const first = (
  verdicts: Verdict[],
  sysvMutexes: number | null,
  table: Parameters<typeof tableAdvice>[2] = use,
) =>
  tableAdvice(
    unit(),
    settings({ sysvMutexes }),
    table,
    verdicts.map((verdict, id) => ({ set: set({ id }), verdict, evidence: [] })),
  )[0]?.say ?? '';

void t.test('advice on the table while httpd is up', async (t) => {
  t.match(first(['orphan'], 3), 'remove the orphaned sets');
  t.match(first(['orphan'], 0), 'remove the orphaned sets', 'modules with locks of their own');
  t.match(first(['in-use'], 3), 'enlarge the table');
  t.equal(first(['in-use'], 0), '', 'it has no sets in the table');
  t.equal(first(['in-use'], null), '');
  t.equal(first(['orphan'], 3, unknown('no /proc')), '');
});
