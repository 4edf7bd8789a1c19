import t from 'tap';
import { known, unknown } from '../../../src/core/fact.ts';
import { reportText } from '../../../src/view/report/report-text.ts';
import type { TextStyle } from '../../../src/view/report/text-style.ts';
import { NOW_S, type Scene, master, set, worker } from '../../core/verdict/snapshot-builder.ts';
import {
  healthy,
  orphaned,
  report,
  settings,
  sick,
  unit,
  unprivileged,
  unseen,
  leftover,
} from './report-builder.ts';

const show = (what: ReturnType<typeof report>, style: Partial<TextStyle> = {}): string =>
  reportText(what, { colour: false, unicode: false, quiet: false, verbose: false, explain: false, ...style });

process.env['TZ'] = 'Asia/Kathmandu';

void t.test('a full table: why httpd cannot start, and which sets can be removed', async (t) => {
  t.equal(
    show(sick()),
    `apache2.service cannot start: the semaphore table is full, 10 sets are orphaned (leaked by a killed httpd).
  11 of 11 sets in use (100 %): apache2.service is down and cannot start
  10 orphaned sets, leaked by a killed httpd: httpd-guard clean removes them

apache2.service: failed (failed)
User www-data (uid 33), mutex mechanism sysvsem
No httpd is running in this IPC namespace

sets        ############################## 11 of 11 (100 %)
semaphores  ########---------------------- 27 of 100 (27 %)

orphan: 10 (leaked by a killed httpd; to remove: httpd-guard clean)
  10 sets: no running httpd in this IPC namespace
        id        key    uid   creator  sems  last changed
         0 0x00000000     33         0     1  2026-03-01 15:45:00+05:45
     32768 0x00000000     33         0     1  2026-03-01 15:45:01+05:45
     65536 0x00000000     33         0     1  2026-03-01 15:45:02+05:45
     98304 0x00000000     33         0     1  2026-03-01 15:45:03+05:45
    131072 0x00000000     33         0     1  2026-03-01 15:45:04+05:45
    163840 0x00000000     33         0     1  2026-03-01 15:45:05+05:45
    196608 0x00000000     33         0     1  2026-03-01 15:45:06+05:45
    229376 0x00000000     33         0     1  2026-03-01 15:45:07+05:45
        ... and 2 more (--verbose shows all)

foreign: 1 (of other programs; never removed)
  1 set: key, number of semaphores or mode differ from an httpd mutex
        id        key    uid   creator  sems  last changed
    327681 0x80000001     26        26    17  2026-03-01 15:45:00+05:45
`,
  );
});

void t.test('a healthy host: who owns each set', async (t) => {
  t.equal(
    show(healthy()),
    `apache2.service is not at risk from semaphores.

apache2.service: active (running), main pid 800
User www-data (uid 33), mutex mechanism sysvsem
Running: httpd 800 (apache2.service)

sets        ------------------------------ 1 of 128 (0 %)
semaphores  ------------------------------ 1 of 100 (1 %)

in-use: 1 (used by a running httpd; kept)
  1 set: last used by running process 801
        id        key    uid   creator  sems  last changed
         0 0x00000000     33         0     1  2026-03-01 16:45:01+05:45

Other httpd units: apache2@a.service (failed) (select one with --unit)
`,
  );
});

void t.test('without root the use of the table is shown, and the sets are unsure', async (t) => {
  t.equal(
    show(unprivileged()),
    `apache2.service is not at risk from semaphores.
  cannot see other users' processes: run it as root (CAP_SYS_PTRACE)

apache2.service: active (running), main pid 800
User www-data (uid 33), mutex mechanism sysvsem

sets        ------------------------------ 1 of 128 (0 %)
semaphores  ------------------------------ 1 of 100 (1 %)

unsure: 1 (cannot be proven to be orphaned; kept)
  1 set: cannot see other users' processes: run it as root (CAP_SYS_PTRACE)
        id        key    uid   creator  sems  last changed
         7 0x00000000     33         0     1  2026-03-01 15:45:00+05:45
`,
  );
});

void t.test('if nothing could be read, only that is shown', async (t) => {
  t.equal(
    show(unseen()),
    `Whether httpd is at risk is unknown.
  /proc/sysvipc/sem cannot be read: EACCES
  systemd cannot be asked
  no httpd found

No httpd is running in this IPC namespace

The use of the semaphore table could not be read.
`,
  );
});

void t.test('orphaned workers are named', async (t) => {
  t.equal(
    show(orphaned()),
    `apache2.service is not at risk from semaphores.

apache2.service: active (running)
User www-data (uid 33), mutex mechanism sysvsem
Running: 2 orphaned httpd workers (701 and others)

sets        ------------------------------ 1 of 128 (0 %)
semaphores  ------------------------------ 1 of 32000 (0 %)

unsure: 1 (cannot be proven to be orphaned; kept)
  1 set: 2 orphaned httpd workers (701 and others): their master was killed, so its age is unknown
        id        key    uid   creator  sems  last changed
         7 0x00000000     33         0     1  2026-03-01 15:45:00+05:45
`,
  );
});

void t.test('--quiet prints only the headline', async (t) => {
  t.equal(
    show(sick(), { quiet: true }),
    'apache2.service cannot start: the semaphore table is full, 10 sets are orphaned (leaked by a killed httpd).\n',
  );
  t.equal(show(unseen(), { quiet: true, verbose: true, explain: true }), `${headline(unseen())}\n`);
});

void t.test('--verbose shows every set of a group', async (t) => {
  const rows = (text: string): number => text.split('\n').filter((line) => / 0x0{8} /.test(line)).length;
  t.equal(rows(show(sick())), 8);
  t.match(show(sick()), '        ... and 2 more (--verbose shows all)\n');
  t.equal(rows(show(sick(), { verbose: true })), 10);
  t.notMatch(show(sick(), { verbose: true }), 'more');
});

void t.test('--explain shows the finding of each rule and its source', async (t) => {
  const text = show(sick(), { explain: true });
  t.match(text, '  10 sets: no-living-httpd: no running httpd in this IPC namespace [/proc]\n');
  t.match(text, '  1 set: not-a-mutex: key 0x80000001, not 0 [/proc/sysvipc/sem]\n');
});

void t.test('--explain ends with advice if the status is not ok', async (t) => {
  const say = { cures: [{ say: 'do this', run: ['a', 'b'], traps: ['mind that'] }] };
  const helps = (what: ReturnType<typeof report>): string =>
    /To fix:\n[^]*/.exec(show(what, { explain: true }))?.[0] ?? '';
  t.equal(helps({ ...sick(), ...say }), 'To fix:\n\ndo this:\n  a\n  b\n  # mind that\n');
  t.equal(helps(sick()), '');
  t.equal(helps({ ...healthy(), ...say }), '');
  t.notMatch(show({ ...sick(), ...say }), 'To fix');
});

void t.test('one that is down for another reason is not said to be at risk', async (t) => {
  const unitDown = known(unit({ active: 'failed', sub: 'failed', result: 'signal', mainPid: 0 }));
  const down = (cause: 'killed' | 'stopped-by-admin') =>
    show(report({}, { unit: unitDown, finding: { cause, evidence: [], cures: [] } }));
  t.match(down('killed'), /^apache2\.service is down, not because of semaphores: it was killed\.\n/);
  t.match(down('stopped-by-admin'), /^apache2\.service is down: it was stopped on purpose\.\n/);
});

void t.test(
  'one that is down for lack of free sets: too few, enough again, or a table that is too small',
  async (t) => {
    const down = known(unit({ active: 'failed', sub: 'failed', result: 'exit-code', mainPid: 0 }));
    const of = (over: object): string | undefined =>
      headline(
        report(
          { limits: known({ maxSets: 100, maxSemaphores: 32_000 }), sets: [] },
          { unit: down, finding: { cause: 'semaphore-demand', evidence: [], cures: [], ...over } },
        ),
      );
    t.equal(of({}), 'apache2.service is down and may not start: the semaphore table has too few free sets.');
    t.equal(
      of({ hasFreeSetsAgain: true }),
      'apache2.service is down: the semaphore table had too few free sets, and has enough now.',
    );
    t.equal(
      of({ isTableTooSmall: true }),
      'apache2.service is down: the semaphore table is too small for this httpd, even when it is empty.',
    );
  },
);

void t.test('reasons that differ from set to set are summarized, and many are truncated', async (t) => {
  const sets = Array.from({ length: 12 }, (_, id) => set({ id, key: id + 1 }));
  t.match(
    show(report({ sets })),
    '  12 sets: key, number of semaphores or mode differ from an httpd mutex\n',
  );
  const explained = show(report({ sets }), { explain: true });
  t.match(explained, '  1 set: not-a-mutex: key 0x8, not 0 [/proc/sysvipc/sem]\n  ... and 4 more reasons\n');
});

void t.test('colours change no text, and without colours there is no escape sequence', async (t) => {
  for (const one of [sick(), healthy(), unprivileged(), unseen(), orphaned()]) {
    const coloured = show(one, { colour: true, verbose: true, explain: true });
    const plain = show(one, { verbose: true, explain: true });
    // eslint-disable-next-line no-control-regex -- the escapes are what this is about
    t.equal(coloured.replace(/\u001b\[\d+m/g, ''), plain);
    t.notMatch(plain, '\u001b');
  }
  const colourOf = (one: ReturnType<typeof report>): string =>
    show(one, { colour: true, quiet: true }).slice(0, 5);
  t.equal(colourOf(sick()), '\u001b[31m');
  t.equal(colourOf(healthy()), '\u001b[32m');
  t.equal(colourOf(unseen()), '\u001b[33m');
  const drawn = show(sick(), { colour: true, unicode: true });
  t.match(drawn, `\u001b[31m${'█'.repeat(30)}\u001b[0m\u001b[2m\u001b[0m 11 of 11`);
});

void t.test('the headline names the risk and its cause', async (t) => {
  const limits = (maxSets: number): Scene['limits'] & object => known({ maxSets, maxSemaphores: 32_000 });
  const full = { sets: [set({ key: 1 })], limits: limits(1) };
  const cases: [ReturnType<typeof report>, string][] = [
    [healthy(), 'apache2.service is not at risk from semaphores.'],
    [
      report({ limits: limits(100) }),
      'apache2.service is not at risk yet, but 1 set is orphaned (leaked by a killed httpd).',
    ],
    [
      report({ limits: limits(100), sets: [set({ id: 1 }), set({ id: 2 })] }),
      'apache2.service is not at risk yet, but 2 sets are orphaned (leaked by a killed httpd).',
    ],
    [
      report({ limits: limits(5), sets: [1, 2, 3, 4].map((key) => set({ key })) }),
      'apache2.service is not at risk yet, but the semaphore table is filling up.',
    ],
    [
      report({ limits: limits(100), sets: Array.from({ length: 99 }, (_, i) => set({ key: i + 1 })) }),
      'apache2.service is at risk: the semaphore table is nearly full.',
    ],
    [
      report(full),
      'apache2.service could not start again after a kill -9: the semaphore table is full, and none of the sets can be proven to be orphaned. Who owns them: httpd-guard limits.',
    ],
    [
      report({ sets: [set({ nsems: 250 })], limits: known({ maxSets: 9, maxSemaphores: 250 }) }),
      'apache2.service could not start again after a kill -9: the semaphore table is full, and none of the sets can be proven to be orphaned. Who owns them: httpd-guard limits.',
    ],
    [
      report({}, { unit: unknown('none') }),
      'httpd is not at risk yet, but 1 set is orphaned (leaked by a killed httpd).',
    ],
  ];
  for (const [one, words] of cases) t.equal(headline(one), words);
});

void t.test("the unit's own IPC namespace is pointed out: its sets are not in this table", async (t) => {
  t.match(
    show(report({}, { unit: known(unit({ privateIpc: true })) })),
    'main pid 800, in its own IPC namespace (PrivateIPC=yes): its sets are not in this table\n',
  );
});

void t.test('a mechanism that httpd does not report is unknown', async (t) => {
  const one = report({}, { settings: known(settings({ mutexMechanism: null })) });
  t.match(show(one), 'User www-data (uid 33), mutex mechanism unknown (httpd does not report it)\n');
});

void t.test('untrusted text cannot move the cursor or forge a line', async (t) => {
  const nasty = 'a\u001b[2J\nhttpd.service is not at risk\u202e';
  const one = report(
    {
      sets: [set({ ctime: NOW_S })],
      processes: [master({ unit: known(nasty) }), worker()],
      unitRuns: { [nasty]: unknown(nasty) },
    },
    {
      unit: known(unit({ name: nasty })),
      settings: known(settings({ user: nasty })),
      otherUnits: [{ name: nasty, active: 'inactive' }],
      missing: [nasty],
    },
  );
  for (const style of [{}, { explain: true, verbose: true }, { quiet: true }]) {
    const text = show(one, style);
    t.notOk(text.includes('\u001b') || text.includes('\u202e'));
    t.notMatch(text, /^httpd\.service/m);
    t.match(text, 'a\\x1b[2J\\x0ahttpd.service is not at risk\\u{202e}');
  }
});

void t.test('orphaned shared memory is listed, but changes no status', async (t) => {
  const text = show(leftover());
  t.match(text, 'shared memory: 1 orphaned segment (nothing attached, creator has exited');
  t.match(text, /^ {9}3 0x63637069 {8}4096$/m);
  t.equal(headline(leftover()), headline(report({})));
  t.notMatch(show(report({})), 'shared memory');
});

function headline(one: ReturnType<typeof report>): string | undefined {
  return show(one, { quiet: true }).split('\n')[0];
}
