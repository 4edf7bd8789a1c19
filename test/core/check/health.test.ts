import t from 'tap';
import type { Evidence } from '../../../src/core/evidence.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import { type HealthQuestion, countVerdicts, health } from '../../../src/core/check/health.ts';
import type { Judgement, Verdict } from '../../../src/core/verdict/verdict.ts';
import { unit } from '../../view/report/report-builder.ts';
import { line } from '../diagnosis/failure-builder.ts';
import { set } from '../verdict/snapshot-builder.ts';

const judged = (...verdicts: Verdict[]): Judgement[] =>
  verdicts.map((verdict, id) => ({ set: set({ id }), verdict, evidence: [] }));

const use = (sets: number, semaphores = 200): HealthQuestion['use'] =>
  known({ sets: { used: sets, max: 100 }, semaphores: { used: semaphores, max: 1_000 } });

const lacksSets: HealthQuestion['finding'] = {
  cause: 'semaphore-leak',
  evidence: [],
  cures: [{ say: '', run: ['httpd-guard recover --unit httpd.service'], traps: [] }],
};
const killed: HealthQuestion['finding'] = { cause: 'killed', evidence: [], cures: [] };

const ask = (over: Partial<HealthQuestion>): ReturnType<typeof health> =>
  health({
    lostSets: 0,
    degraded: null,
    guardProblems: [],
    use: use(10),
    judgements: [],
    unit: known(unit({ name: 'httpd.service' })),
    finding: null,
    needed: null,
    isApart: false,
    found: true,
    warnPercent: 80,
    critPercent: 95,
    missing: [],
    ...over,
  });

void t.test(
  'a server that is down because no set could be created is critical, even with free sets',
  async (t) => {
    const down = ask({ finding: lacksSets });
    t.equal(down.status, 'critical');
    t.match(
      down.reasons[0],
      /^httpd\.service is down because no semaphore set could be created: httpd-guard recover/,
    );
    t.match(
      ask({ finding: { cause: 'semaphore-demand', evidence: [], cures: [] } }).reasons[0],
      /could be created: httpd-guard diagnose/,
      'if recover does not help',
    );
  },
);

void t.test('a server without some of its sets is a warning, unless it lost them', async (t) => {
  const degraded = { has: 4, had: 5, locks: ['mod_wsgi group app2'], line: line('x') };
  const found = ask({ degraded });
  t.equal(found.status, 'warning');
  t.match(
    found.reasons[0],
    /^httpd\.service runs with 4 semaphore sets instead of 5: mod_wsgi group app2 has no lock/,
  );
  const lost = ask({ degraded, lostSets: 1 });
  t.equal(lost.status, 'critical');
  t.equal(lost.reasons.length, 1, 'which says it already');
});

void t.test('the worst finding decides the status', async (t) => {
  const cases: [Partial<HealthQuestion>, string][] = [
    [{}, 'ok'],
    [{ judgements: judged('in-use', 'foreign', 'unsure') }, 'ok'],
    [{ finding: killed, use: use(97), needed: 3, critPercent: 100, warnPercent: 100 }, 'warning'],
    [{ finding: killed, use: use(98), needed: 3, critPercent: 100 }, 'warning'],
    [{ finding: lacksSets, use: use(98), needed: 3, critPercent: 100 }, 'critical'],
    [{ use: use(98), needed: 3, critPercent: 100 }, 'warning'],
    [{ judgements: judged('orphan') }, 'warning'],
    [{ use: use(79) }, 'ok'],
    [{ use: use(80) }, 'warning'],
    [{ use: use(94) }, 'warning'],
    [{ use: use(95) }, 'critical'],
    [{ use: use(100) }, 'critical'],
    [{ use: use(101) }, 'critical'],
    [{ use: use(10, 800) }, 'warning'],
    [{ use: use(10, 950) }, 'critical'],
    [{ use: use(10, 1_000) }, 'critical'],
    [{ use: use(100), critPercent: 101, warnPercent: 101 }, 'critical'],
    [{ use: use(95), judgements: judged('orphan') }, 'critical'],
    [{ use: unknown('no table') }, 'unknown'],
    [{ use: unknown('no limits'), judgements: judged('orphan') }, 'warning'],
    [{ found: false }, 'unknown'],
    [{ unit: unknown('no answer in 4000 ms') }, 'unknown'],
    [{ finding: { cause: 'stopped-by-admin', evidence: [], cures: [] } }, 'ok'],
    [{ found: false, use: use(100) }, 'critical'],
    [{ missing: ['not root'] }, 'ok'],
    [{ guardProblems: ['the watcher is not running'] }, 'warning'],
    [{ lostSets: 1 }, 'critical'],
    [{ guardProblems: ['the watcher is not running'], use: use(95) }, 'critical'],
    [{ isApart: true, use: use(100) }, 'ok'],
    [{ isApart: true, use: use(100), judgements: judged('orphan') }, 'warning'],
  ];
  for (const [over, status] of cases) t.equal(ask(over).status, status, JSON.stringify(over));
});

void t.test('of a failure that is not handled it names what httpd logged', async (t) => {
  const state: Evidence = { rule: 'state', saw: 'failed (failed), result exit-code', source: 'systemctl' };
  const logged: Evidence = {
    rule: 'line',
    saw: '(99)Cannot assign requested address'.padEnd(9_000),
    source: 'x',
  };
  const reason = (cause: 'other' | 'killed', evidence: Evidence[]) =>
    ask({ finding: { cause, evidence, cures: [] } }).reasons[0] ?? '';
  t.match(reason('other', [state, logged]), 'httpd.service is down (other): (99)Cannot assign');
  t.ok(reason('other', [state, logged]).length < 600, 'a line can be as long as a request');
  t.match(reason('other', [state]), '(other): failed (failed), result exit-code: httpd-guard diagnose');
  t.match(reason('killed', [state, logged]), '(killed): failed (failed)', 'what systemd reports goes first');
});

void t.test('reasons are sorted worst first, followed by what could not be read', async (t) => {
  t.same(ask({}).reasons, []);
  t.same(ask({ use: use(85, 950), judgements: judged('orphan', 'orphan'), missing: ['not root'] }).reasons, [
    '950 of 1000 semaphores in use (95 %)',
    '85 of 100 sets in use (85 %)',
    '2 orphaned sets, leaked by a killed httpd: httpd-guard clean removes them',
    'not root',
  ]);
  t.same(ask({ use: unknown('no table'), judgements: judged('orphan'), missing: ['not root'] }).reasons, [
    '1 orphaned set, leaked by a killed httpd: httpd-guard clean removes it',
    'no table',
    'not root',
  ]);
});

void t.test('the reason for a full table names whether httpd is down', async (t) => {
  const full = (over: Partial<HealthQuestion>): string | undefined =>
    ask({ use: use(100), ...over }).reasons[0];
  t.equal(
    full({ finding: lacksSets }),
    '100 of 100 sets in use (100 %): httpd.service is down and cannot start',
  );
  t.equal(
    full({ finding: { cause: 'stopped-by-admin', evidence: [], cures: [] } }),
    '100 of 100 sets in use (100 %): httpd.service is stopped, and can start only after sets are freed',
  );
  const next = '100 of 100 sets in use (100 %): httpd could not start again after a kill -9';
  t.equal(full({}), next);
  t.equal(full({ unit: unknown('no systemd') }), next);
});

void t.test('every verdict is counted, including those that no set has', async (t) => {
  t.same(countVerdicts(judged('orphan', 'foreign', 'orphan')), {
    orphan: 2,
    'in-use': 0,
    foreign: 1,
    unsure: 0,
  });
});
