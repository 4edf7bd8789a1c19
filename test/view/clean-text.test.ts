import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import type { CleanResult } from '../../src/core/verdict/clean-result.ts';
import type { Verdict } from '../../src/core/verdict/verdict.ts';
import { type CleanStyle, cleanJson, cleanSentence, cleanText } from '../../src/view/clean-text.ts';
import { complaints } from './schemas/complaints.ts';

const plain: CleanStyle = { what: 'semaphore set', down: null, dryRun: false, quiet: false, verbose: false };
const show = (result: Partial<CleanResult>, style: Partial<typeof plain> = {}): string =>
  cleanText({ removed: [], kept: [], failed: [], ...result }, { ...plain, ...style });
const kept = (id: number, verdict: Verdict, saw: string): CleanResult['kept'][number] => ({
  id,
  verdict,
  evidence: [{ rule: 'waiters', saw, source: '/proc' }],
});

void t.test('clean reports what was removed, or with --dry-run would be', async (t) => {
  t.equal(show({}), 'Nothing to remove.\n');
  t.equal(show({ removed: [0] }), 'Removed 1 semaphore set leaked by a killed httpd.\n');
  t.equal(show({ removed: [0, 3] }), 'Removed 2 semaphore sets leaked by a killed httpd.\n');
  t.equal(
    show({ removed: [0, 3] }, { dryRun: true }),
    'Would remove 2 semaphore sets leaked by a killed httpd.\n',
  );
  t.equal(
    show({ removed: [0, 3] }, { verbose: true }),
    'Removed 2 semaphore sets leaked by a killed httpd.\nIds: 0 3\n',
  );
});

void t.test('kept sets are reported with each reason once', async (t) => {
  const result = {
    kept: [kept(1, 'unsure', 'hidepid'), kept(2, 'in-use', 'httpd 8'), kept(3, 'unsure', 'hidepid')],
  };
  const text = 'Nothing to remove.\nKept 3 semaphore sets:\n  2 unsure: hidepid\n  1 in-use: httpd 8\n';
  t.equal(show(result), text);
  t.equal(show(result, { quiet: true }), 'Nothing to remove.\n');
});

void t.test('a failure is reported with --quiet, too', async (t) => {
  const result = { removed: [1], failed: [{ id: 2, error: 'EPERM\n\u001b[2J' }] };
  const text =
    'Removed 1 semaphore set leaked by a killed httpd.\nCould not remove 1 semaphore set: EPERM\\x0a\\x1b[2J\n';
  t.equal(show(result), text);
  t.equal(show(result, { quiet: true }), text);
});

void t.test('a reason cannot forge a line', async (t) => {
  t.match(show({ kept: [kept(1, 'unsure', 'x\nRemoved 9')] }), '  1 unsure: x\\x0aRemoved 9\n');
});

void t.test('many reasons are truncated, except with --verbose', async (t) => {
  const result = { kept: Array.from({ length: 10 }, (_, i) => kept(i, 'unsure', `httpd ${i}`)) };
  t.match(show(result), '  1 unsure: httpd 7\n  ... and 2 more reasons (--verbose shows all)\n');
  t.match(show(result, { verbose: true }), '  1 unsure: httpd 9\n');
  t.notMatch(show(result, { verbose: true }), 'more');
});

void t.test('a failure alone is not reported as nothing to remove', async (t) => {
  t.equal(show({ failed: [{ id: 2, error: 'EPERM' }] }), 'Could not remove 1 semaphore set: EPERM\n');
});

void t.test('the JSON object has the documented fields', async (t) => {
  const result = { removed: [0], kept: [kept(1, 'unsure', 'x')], failed: [{ id: 2, error: 'EPERM' }] };
  const context = {
    unit: 'a.service',
    dryRun: true,
    what: 'semaphore set',
    missing: ['no systemd'],
  } as const;
  const object = cleanJson(result, context);
  t.strictSame(object, {
    ...{ schema: 1, unit: 'a.service', dryRun: true, objects: 'semaphore-sets' },
    ...result,
    reasons: ['no systemd'],
  });
  t.strictSame(complaints('clean', object), []);
  t.match(cleanJson(result, { ...context, what: 'shared memory segment' }), {
    objects: 'shared-memory-segments',
  });
});

void t.test('the journal entry is one sentence with the priority of the worst result', async (t) => {
  const say = (result: Partial<CleanResult>): unknown =>
    Object.values(
      cleanSentence(known({ removed: [], kept: [], failed: [], ...result }), 'before this start'),
    );
  const inUse = kept(1, 'in-use', 'httpd 8');
  const unsure = kept(2, 'unsure', 'x\ny');
  const failed = [{ id: 3, error: 'EPERM\n' }];
  t.same(say({}), ['info', 'nothing to remove']);
  t.same(say({ removed: [0] }), ['notice', 'removed 1 semaphore set leaked by a killed httpd']);
  t.same(say({ kept: [inUse] }), ['info', 'nothing to remove; 1 set in use by a running httpd']);
  t.same(say({ removed: [0], kept: [inUse, unsure] }), [
    'warning',
    'removed 1 semaphore set leaked by a killed httpd; kept 1 set: x\\x0ay',
  ]);
  t.same(say({ kept: [unsure], failed }), [
    'err',
    'nothing to remove; 1 set could not be removed: EPERM\\x0a',
  ]);
  t.same(Object.values(cleanSentence(unknown('no table\n'), 'before this start')), [
    'warning',
    'nothing was removed before this start: no table\\x0a',
  ]);
});
