import t from 'tap';
import type { CleanResult } from '../../src/core/clean-result.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { cleanText } from '../../src/view/clean-text.ts';

const plain = { dryRun: false, quiet: false, verbose: false };
const show = (result: Partial<CleanResult>, style: Partial<typeof plain> = {}): string =>
  cleanText({ removed: [], kept: [], failed: [], ...result }, { ...plain, ...style });
const kept = (id: number, verdict: Verdict, saw: string): CleanResult['kept'][number] => ({
  id,
  verdict,
  evidence: [{ rule: 'r', saw, source: '/proc' }],
});

void t.test('says what went, or with --dry-run would go', async (t) => {
  t.equal(show({}), 'Nothing to remove.\n');
  t.equal(show({ removed: [0] }), 'Removed 1 semaphore set left by a dead httpd.\n');
  t.equal(show({ removed: [0, 3] }), 'Removed 2 semaphore sets left by a dead httpd.\n');
  t.equal(
    show({ removed: [0, 3] }, { dryRun: true }),
    'Would remove 2 semaphore sets left by a dead httpd.\n',
  );
  t.equal(
    show({ removed: [0, 3] }, { verbose: true }),
    'Removed 2 semaphore sets left by a dead httpd.\nIds: 0 3\n',
  );
});

void t.test('what stayed is told with the reason, each reason once', async (t) => {
  const result = {
    kept: [kept(1, 'unsure', 'hidepid'), kept(2, 'in-use', 'httpd 8'), kept(3, 'unsure', 'hidepid')],
  };
  const text = 'Nothing to remove.\nKept 3 semaphore sets:\n  2 × unsure: hidepid\n  1 × in-use: httpd 8\n';
  t.equal(show(result), text);
  t.equal(show(result, { quiet: true }), 'Nothing to remove.\n');
});

void t.test('a failure is told even to who wants quiet', async (t) => {
  const result = { removed: [1], failed: [{ id: 2, error: 'EPERM\n\u001b[2J' }] };
  const text =
    'Removed 1 semaphore set left by a dead httpd.\nCould not remove 1 semaphore set: EPERM\\x0a\\x1b[2J\n';
  t.equal(show(result), text);
  t.equal(show(result, { quiet: true }), text);
});

void t.test('reasons cannot forge a line', async (t) => {
  t.match(show({ kept: [kept(1, 'unsure', 'x\nRemoved 9')] }), '  1 × unsure: x\\x0aRemoved 9\n');
});
