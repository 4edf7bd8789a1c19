import t from 'tap';
import type { FailureFacts } from '../../../src/core/diagnosis/failure-facts.ts';
import { known, unknown } from '../../../src/core/fact.ts';
import { NO_ATTEMPTS, type Attempts } from '../../../src/core/recovery/attempts.ts';
import { type RecoveryPolicy, decideRecovery } from '../../../src/core/recovery/decide-recovery.ts';
import { ending, failedUnit, failure, leak, use } from '../diagnosis/failure-builder.ts';

const NOW = 1_700_000_000_000;
const POLICY: RecoveryPolicy = { reap: 'unit', settleMs: 2_000, healthUrl: null, onSetRemoved: 'report' };
const workers = [{ pid: 77, startedMs: 5, ports: [80], inUnit: true }];

const decide = (
  facts: FailureFacts,
  over: Partial<RecoveryPolicy> = {},
  history: Attempts | null = null,
  answers: boolean | null = null,
) =>
  decideRecovery(
    facts,
    { ...POLICY, ...over },
    { attempts: history, automatic: history !== null, answers },
    NOW,
  );
const steps = (facts: FailureFacts, over: Partial<RecoveryPolicy> = {}, history: Attempts | null = null) => {
  const decision = decide(facts, over, history);
  return decision.act ? decision.steps.map((step) => step.do) : decision.outcome;
};
const withUnit = (over: object) => leak({ unit: known(failedUnit(over)) });

void t.test('after a leak the plan is to remove, start and wait', async (t) => {
  t.strictSame(steps(leak()), ['clean', 'reset-failed', 'start', 'settle']);
  t.strictSame(steps(leak(), { healthUrl: 'http://x/' }), [
    'clean',
    'reset-failed',
    'start',
    'settle',
    'health',
  ]);
  t.strictSame(steps(failure({ ending: ending({ use: use(12), orphans: 2 }) })), [
    'clean',
    'reset-failed',
    'start',
    'settle',
  ]);
});

void t.test('orphaned workers that hold the port are terminated, if the policy allows it', async (t) => {
  const held = failure({ listeningOrphans: workers });
  t.strictSame(steps(held), ['reap', 'clean', 'reset-failed', 'start', 'settle']);
  t.equal(steps(held, { reap: 'never' }), 'left-alone');
});

void t.test('a table that was full and has free sets again', async (t) => {
  const over = { ending: ending({ use: use(12) }), use: known(use(4)) };
  t.strictSame(steps(failure(over)), ['clean', 'reset-failed', 'start', 'settle']);
  t.strictSame(steps(failure({ ...over, unsure: 3 })), ['clean', 'reset-failed', 'start', 'settle']);
  t.equal(steps(failure({ ...over, use: known(use(10)) })), 'left-alone', 'not enough room');
  t.equal(steps(failure({ ...over, use: unknown('x') })), 'left-alone');
  t.equal(
    steps(failure({ ...over, sysvMutexes: null, need: null })),
    'left-alone',
    'nobody knows how much it needs',
  );
  t.equal(
    steps(failure({ ...over, ending: ending({ use: use(10) }) })),
    'left-alone',
    'it may have been enough',
  );
});

void t.test('failures that httpd-guard does not handle are left alone', async (t) => {
  t.equal(steps(withUnit({ active: 'active' })), 'healthy');
  t.equal(steps(failure()), 'left-alone', 'a failure of another kind');
  t.equal(steps(leak({ orphans: 0 })), 'left-alone', 'a table that is full of the living');
  t.equal(steps(leak({ configComplaint: known('Syntax error') })), 'left-alone');
  t.equal(steps(withUnit({ active: 'inactive', result: 'success' })), 'left-alone', 'stopped');
  for (const fileState of ['masked', 'masked-runtime', 'disabled'])
    t.equal(steps(withUnit({ fileState })), 'left-alone', fileState);
  for (const fileState of ['enabled', 'enabled-runtime', 'static', 'generated', ''])
    t.not(steps(withUnit({ fileState })), 'left-alone', fileState);
});

void t.test('unknown facts are no reason to act', async (t) => {
  t.equal(steps(leak({ unit: unknown('no bus') })), 'unsure');
  t.equal(steps(failure({ use: unknown('no /proc') })), 'unsure');
  t.match(decide(leak({ orphans: 0, unsure: 4 })), { outcome: 'unsure', lookAgain: true });
  for (const active of ['activating', 'deactivating'])
    t.equal(steps(withUnit({ active, mainPid: 7 })), 'unsure', `systemd is at it: ${active}`);
  t.equal(
    steps(withUnit({ active: 'deactivating' })),
    'unsure',
    'its main process is gone, its workers are not',
  );
  t.strictSame(
    steps(withUnit({ active: 'reloading' })),
    ['clean', 'restart', 'settle'],
    'stuck, as before systemd 249',
  );
});

void t.test('three attempts in ten minutes with back-off', async (t) => {
  const after = (...agoMs: number[]) =>
    steps(leak(), {}, { triesMs: agoMs.map((ago) => NOW - ago), gaveUp: false });
  const waited = (...agoMs: number[]) => {
    const decision = decide(leak(), {}, { triesMs: agoMs.map((ago) => NOW - ago), gaveUp: false });
    const [first] = decision.act ? decision.steps : [];
    return first?.do === 'wait' ? first.ms : 0;
  };
  t.strictSame(steps(leak(), {}, NO_ATTEMPTS), steps(leak()), 'the first at once');
  t.equal(waited(), 0);
  t.ok(waited(1_000) > 0);
  t.ok(waited(1_000, 2_000) > waited(1_000));
  t.equal(after(1_000, 2_000, 3_000), 'gave-up');
  t.not(after(1_000, 2_000, 601_000), 'gave-up', 'what is older than ten minutes is forgotten');
  t.equal(after(-60_000, -50_000, 1_000), 'gave-up', 'a clock that was set back forgives nothing');
  t.equal(
    steps(failure(), {}, { triesMs: [NOW, NOW, NOW], gaveUp: true }),
    'left-alone',
    'what is not ours is not counted',
  );
});

void t.test('a recovery by hand has no rate limit', async (t) => {
  t.strictSame(steps(leak(), {}, null), ['clean', 'reset-failed', 'start', 'settle']);
});

void t.test('a failure that was reset meanwhile is left alone', async (t) => {
  const reset = {
    unit: known(failedUnit({ active: 'inactive' })),
    ending: ending({ use: use(12), orphans: 9 }),
  };
  const automatic = decide(leak(reset), {}, NO_ATTEMPTS);
  t.match(automatic, { outcome: 'left-alone', why: /reset-failed/ });
  t.match(decide(leak(reset)), { act: true }, 'by hand it is brought back');
  const old = leak({ ...reset, ending: ending({ use: use(12), orphans: 9, result: 'success' }) });
  t.match(decide(old, {}, NO_ATTEMPTS), { act: true }, '2.2 is inactive after it could create no set');
});

void t.test(
  'an httpd that ended without systemd noticing is restarted; one that was killed is not',
  async (t) => {
    const exited = { unit: known(failedUnit({ active: 'active', sub: 'exited', result: 'success' })) };
    t.strictSame(steps(failure(exited)), ['clean', 'restart', 'settle']);
    t.match(decide(failure({ ...exited, httpdRuns: known(true) })), { outcome: 'healthy' });
    const killed = { unit: known(failedUnit({ result: 'signal' })) };
    t.equal(steps(failure(killed)), 'left-alone');
    t.match(decide(leak(killed), {}, NO_ATTEMPTS), { outcome: 'left-alone', why: /Restart=/ });
    t.match(decide(leak(killed)), { act: true }, 'by hand, since its next start would fail');
  },
);
