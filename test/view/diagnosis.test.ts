import t from 'tap';
import { type Diagnosis, diagnosis, diagnosisExitCode } from '../../src/core/diagnosis/diagnosis.ts';
import { known, unknown } from '../../src/core/fact.ts';
import { causeEntry } from '../../src/view/journal/cause-entry.ts';
import { diagnosisJson, diagnosisText } from '../../src/view/diagnosis.ts';
import { ending, failure, leak, line } from '../core/diagnosis/failure-builder.ts';
import { complaints } from './schemas/complaints.ts';

const HOSTILE = "(28)No space left on device: AH00023: Couldn't create the \u001b[2Jproxy mutex\u202e";
const holders = [{ uid: 33, user: 'www-data', product: null, sets: 9 }];

const text = (found: Diagnosis): string => diagnosisText(found, { quiet: false });

void t.test('diagnose prints the cause, its evidence and commands', async (t) => {
  const shown = text(diagnosis(leak({ holders }), [line(HOSTILE)], ['a log could not be read']));
  t.match(shown, /^apache2\.service: the semaphore table is full of sets leaked by a killed httpd\.$/m);
  t.match(shown, '12 of 12 sets and 12 of 32000 semaphores in use');
  t.match(shown, '9 sets of www-data');
  t.match(shown, 'could not be read: a log could not be read');
  t.match(shown, /^ {2}httpd-guard recover --unit apache2\.service$/m);
  t.match(shown, '\\x1b[2Jproxy mutex\\u{202e}', 'what others wrote is escaped');
  t.notMatch(shown, '\u001b');
});

void t.test('a table without enough sets for other reasons than a leak', async (t) => {
  const demand = (over: Parameters<typeof leak>[0]) =>
    text(diagnosis(leak({ orphans: 0, ...over }), [], [])).split('\n')[0];
  t.equal(
    demand({ holders }),
    'apache2.service: the semaphore table has too few free sets, and none of its sets can be proven to be orphaned: 9 belong to www-data.',
  );
  const use = (used: number, max: number) =>
    known({ sets: { used, max }, semaphores: { used, max: 32_000 } });
  const least = { sets: 5, by: 'seen', least: 5 } as const;
  t.equal(
    demand({ use: use(0, 2), need: least }),
    'apache2.service: the semaphore table is too small for this httpd, even when it is empty.',
  );
  t.match(demand({ use: use(1, 4), need: least, holders }), /is too small for this httpd, even when/);
  t.equal(
    demand({
      use: use(0, 12),
      need: least,
      ending: ending({
        use: { sets: { used: 12, max: 12 }, semaphores: { used: 12, max: 32_000 } },
        orphans: 0,
      }),
    }),
    'apache2.service: the semaphore table had too few free sets, and has enough now.',
  );
});

void t.test('--quiet prints the cause and the fix', async (t) => {
  t.equal(
    diagnosisText(diagnosis(failure(), [], []), { quiet: true }),
    'apache2.service: it failed for a reason httpd-guard does not handle.\n\nits last log lines:\n  journalctl -xeu apache2.service\n  systemctl status apache2.service\n',
  );
});

void t.test('the JSON object has the documented fields', async (t) => {
  for (const facts of [leak({ holders }), failure(), failure({ use: unknown('x'), unit: unknown('x') })])
    t.strictSame(complaints('diagnose', diagnosisJson(diagnosis(facts, [line(HOSTILE)], ['x']))), []);
  t.match(diagnosisJson(diagnosis(leak({ holders, orphans: 0 }), [], [])), {
    schema: 1,
    unit: 'apache2.service',
    cause: 'semaphore-demand',
    holders,
    evidence: [{ rule: 'table', saw: String, source: '/proc/sysvipc/sem' }],
    cures: [{ say: String, run: [String] }],
    reasons: [],
  });
  t.match(diagnosisJson(diagnosis(failure({ holders }), [], [])), { cause: 'other', holders: [] });
});

void t.test('the fix names the workers to terminate', async (t) => {
  const held = failure({ listeningOrphans: [{ pid: 77, startedMs: 5, ports: [80], inUnit: true }] });
  t.match(diagnosis(held, [], []).cures[0]?.run, ['kill -9 77']);
});

void t.test('exit statuses', async (t) => {
  t.equal(diagnosisExitCode('semaphore-leak'), 0);
  t.equal(diagnosisExitCode('disk-full'), 0);
  t.equal(diagnosisExitCode('none'), 1);
  t.equal(diagnosisExitCode('other'), 1);
  t.equal(diagnosisExitCode('unknown'), 3);
});

void t.test('the journal entry names the cause on one line', async (t) => {
  const facts = leak({ ending: ending() });
  const entry = causeEntry(diagnosis(facts, [line(`${HOSTILE}\nPRIORITY=0`)], []), facts);
  t.match(entry, {
    priority: 'err',
    fields: {
      PRIORITY: 3,
      MESSAGE_ID: 'e72fd98e7e3a4d33a272965867eb60b7',
      HTTPD_GUARD_UNIT: 'apache2.service',
      HTTPD_GUARD_CAUSE: 'semaphore-leak',
      HTTPD_GUARD_SETS_USED: 12,
      HTTPD_GUARD_SETS_MAX: 12,
      HTTPD_GUARD_ORPHANS: 9,
    },
  });
  for (const value of Object.values(entry?.fields ?? {})) t.notMatch(String(value), '\n');
  t.match(entry?.sentence, /; remove the orphaned sets, .*: httpd-guard recover --unit apache2\.service$/);
});

void t.test('commands with side effects are not quoted in the journal', async (t) => {
  // There is no larger table to advise first.
  const full = { used: 32_768, max: 32_768 };
  const facts = leak({
    orphans: 0,
    ending: ending(),
    use: known({ sets: full, semaphores: { used: 32_768, max: 1_000_000 } }),
  });
  const found = diagnosis(facts, [], []);
  t.match(
    causeEntry(found, facts)?.sentence,
    /; permanently, by one of these: give it its own IPC namespace: .*: httpd-guard diagnose --unit apache2\.service$/,
  );
  t.match(text(found), /^ {2}# .*PHP and CGI/m);
});

void t.test('an endless log line is truncated in the entry', async (t) => {
  const facts = leak({ ending: ending() });
  const entry = causeEntry(diagnosis(facts, [line(HOSTILE + 'x'.repeat(1e6))], []), facts);
  t.ok(String(entry?.fields['HTTPD_GUARD_LINE']).length < 1000);
});

void t.test('a stop on purpose or an exit without failure has no entry', async (t) => {
  const entryOf = (facts: ReturnType<typeof failure>) => causeEntry(diagnosis(facts, [], []), facts);
  t.equal(entryOf(leak({ ending: ending({ byItself: false }) })), null);
  t.equal(entryOf(failure({ ending: ending({ result: 'success' }) })), null);
  t.match(
    entryOf(failure({ ending: ending({ result: 'signal', exitCode: 'killed', exitStatus: 'KILL' }) })),
    {
      priority: 'err',
      sentence: /it was killed \(.*killed with KILL/,
    },
  );
  t.match(entryOf(failure({ ending: ending(), use: unknown('x') })), {
    fields: { HTTPD_GUARD_SETS_USED: 'unknown', HTTPD_GUARD_CAUSE: 'unknown' },
  });
  t.match(entryOf(failure({ ending: ending(), configComplaint: known('Syntax error') })), {
    fields: { HTTPD_GUARD_CAUSE: 'config-error' },
  });
});
