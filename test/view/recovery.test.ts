import t from 'tap';
import { MESSAGE_ID } from '../../src/core/message-ids.ts';
import type { Recovery } from '../../src/core/recovery/decide-recovery.ts';
import { recoveryEntry, recoveryJson, recoverySentence, recoveryText } from '../../src/view/recovery.ts';
import { complaints } from './schemas/complaints.ts';

const recovery = (over: Partial<Recovery> = {}): Recovery => ({
  unit: 'apache2.service',
  outcome: 'recovered',
  cause: 'semaphore-leak',
  why: 'apache2.service is active again',
  steps: [
    { do: 'clean', ok: true, tookMs: 40 },
    { do: 'start', ok: true, tookMs: 1_260 },
  ],
  plan: [{ do: 'clean' }, { do: 'start' }],
  gaveUpNow: false,
  ...over,
});

void t.test('the steps and the result', async (t) => {
  t.equal(
    recoveryText(recovery(), { quiet: false }),
    '  clean: done (0.0 s)\n  start: done (1.3 s)\napache2.service serves again. Cause of the failure: the semaphore table is full of sets leaked by a killed httpd.\n',
  );
  const failed = recovery({
    outcome: 'failed',
    why: 'no\u001b',
    steps: [{ do: 'start', ok: false, tookMs: 5, why: 'no\u001b' }],
  });
  t.match(
    recoveryText(failed, { quiet: false }),
    '  start: no\\x1b (0.0 s)\napache2.service could not be brought back: no\\x1b (cause: semaphore-leak). Details: httpd-guard diagnose --unit apache2.service.',
  );
});

void t.test('it runs, but does not answer as it should', async (t) => {
  const sick = recovery({
    outcome: 'failed',
    why: 'it is running, but http://x/ answers 503',
    steps: [{ do: 'health', ok: false, tookMs: 5, why: 'http://x/ answers 503' }],
  });
  t.match(
    recoveryText(sick, { quiet: true }),
    /^apache2\.service was started and is running, but http:\/\/x\/ answers 503\.\n$/,
    'it was brought back',
  );
});

void t.test('a dry run prints the plan', async (t) => {
  const plan: Recovery['plan'] = [
    { do: 'wait', ms: 5_000 },
    { do: 'reap', workers: [{ pid: 77, startedMs: 5, ports: [80], inUnit: true }] },
    { do: 'clean' },
    { do: 'reset-failed' },
    { do: 'start' },
    { do: 'settle', ms: 2_000 },
    { do: 'health', url: 'http://127.0.0.1/' },
  ];
  const shown = recoveryText(recovery({ outcome: 'planned', steps: [], plan }), { quiet: false });
  t.match(shown, /^Would do:\n {2}wait 5 s\n {2}terminate the orphaned workers 77\n/);
  t.equal(shown.split('\n').length, plan.length + 2);
});

void t.test('each outcome has its priority', async (t) => {
  const priorityOf = (outcome: Recovery['outcome']) => recoverySentence(recovery({ outcome })).priority;
  t.equal(priorityOf('recovered'), 'notice');
  t.equal(priorityOf('healthy'), 'info');
  t.equal(priorityOf('left-alone'), 'info');
  t.equal(priorityOf('unsure'), 'warning');
  t.equal(priorityOf('failed'), 'err');
  t.equal(priorityOf('gave-up'), 'crit');
});

void t.test('a recovery, a failed one and giving up have a journal entry', async (t) => {
  t.match(recoveryEntry(recovery()), { PRIORITY: 5, MESSAGE_ID: '3048586d33044f02ae7c32638973f884' });
  const gaveUp = recovery({ outcome: 'gave-up', gaveUpNow: true });
  t.match(recoveryEntry(gaveUp), { PRIORITY: 2, MESSAGE_ID: '1e60fd6f1f394d7eb7358607c31a4195' });
  t.equal(recoveryEntry({ ...gaveUp, gaveUpNow: false }), null, 'once');
  t.match(recoveryEntry(recovery({ outcome: 'failed' })), { PRIORITY: 3, MESSAGE_ID: MESSAGE_ID.failed });
  t.equal(recoveryEntry(recovery({ outcome: 'left-alone' })), null);
});

void t.test('the JSON object has the documented fields', async (t) => {
  const plan: Recovery['plan'] = [
    { do: 'wait', ms: 5_000 },
    { do: 'reap', workers: [{ pid: 77, startedMs: 5, ports: [80], inUnit: true }] },
    { do: 'clean' },
    { do: 'settle', ms: 2_000 },
    { do: 'health', url: 'http://127.0.0.1/' },
  ];
  const failed: Recovery['steps'] = [{ do: 'start', ok: false, tookMs: 9, why: 'it did not start' }];
  for (const one of [
    recovery(),
    recovery({ outcome: 'failed', plan, steps: failed }),
    recovery({ outcome: 'unsure', unit: null, cause: null }),
  ])
    t.strictSame(complaints('recover', recoveryJson(one)), []);
  t.match(recoveryJson(recovery()), {
    schema: 1,
    unit: 'apache2.service',
    outcome: 'recovered',
    cause: 'semaphore-leak',
    steps: [{ do: 'clean', ok: true, tookMs: 40, why: null }],
  });
});
