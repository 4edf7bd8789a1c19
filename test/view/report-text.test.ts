import t from 'tap';
import { known, unknown } from '../../src/core/fact.ts';
import { type TextStyle, reportText } from '../../src/view/report-text.ts';
import { NOW_S, type Scene, master, set, worker } from '../core/verdict/snapshot-builder.ts';
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
  reportText(what, { colour: false, quiet: false, verbose: false, explain: false, ...style });

void t.test('a host whose httpd cannot start is told why, and which sets would go', async (t) => {
  t.equal(
    show(sick()),
    `apache2.service cannot start again: the semaphore table is full, 10 of the sets left by a dead httpd.
  11 of 11 sets in use (100 %): apache2.service is down, and cannot get one
  10 sets left by a dead httpd: httpd-guard clean removes them

apache2.service: failed (failed)
User www-data (uid 33), mutexes sysvsem
No httpd is alive in this IPC namespace

sets        ██████████████████████████████ 11 of 11 (100 %)
semaphores  ████████░░░░░░░░░░░░░░░░░░░░░░ 27 of 100 (27 %)

orphan: 10 (left by a dead httpd; httpd-guard clean removes)
  10 × no living httpd in this IPC namespace
        id        key    uid   made by  sems  last changed
         0 0x00000000     33         0     1  2026-03-01 10:00:00Z
     32768 0x00000000     33         0     1  2026-03-01 10:00:01Z
     65536 0x00000000     33         0     1  2026-03-01 10:00:02Z
     98304 0x00000000     33         0     1  2026-03-01 10:00:03Z
    131072 0x00000000     33         0     1  2026-03-01 10:00:04Z
    163840 0x00000000     33         0     1  2026-03-01 10:00:05Z
    196608 0x00000000     33         0     1  2026-03-01 10:00:06Z
    229376 0x00000000     33         0     1  2026-03-01 10:00:07Z
        … and 2 more (--verbose shows all)

foreign: 1 (of other programs; never touched)
  1 × key, count or mode are not those of an httpd mutex
        id        key    uid   made by  sems  last changed
    327681 0x80000001     26        26    17  2026-03-01 10:00:00Z
`,
  );
});

void t.test('a healthy host sees whose set is whose', async (t) => {
  t.equal(
    show(healthy()),
    `apache2.service is in no danger from semaphores.

apache2.service: active (running), main pid 800
User www-data (uid 33), mutexes sysvsem
Alive: httpd 800 (apache2.service)

sets        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1 of 128 (0 %)
semaphores  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1 of 100 (1 %)

in-use: 1 (of a living httpd; kept)
  1 × last used by living process 801
        id        key    uid   made by  sems  last changed
         0 0x00000000     33         0     1  2026-03-01 11:00:01Z

Also here: apache2@a.service (failed); look at one with --unit
`,
  );
});

void t.test(
  'who is not root sees how full the table is, and that the sets could not be judged',
  async (t) => {
    t.equal(
      show(unprivileged()),
      `apache2.service is in no danger from semaphores.
  other users’ processes are closed to us: run it as root (CAP_SYS_PTRACE)

apache2.service: active (running), main pid 800
User www-data (uid 33), mutexes sysvsem

sets        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1 of 128 (0 %)
semaphores  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1 of 100 (1 %)

unsure: 1 (not certain; kept)
  1 × other users’ processes are closed to us: run it as root (CAP_SYS_PTRACE)
        id        key    uid   made by  sems  last changed
         7 0x00000000     33         0     1  2026-03-01 10:00:00Z
`,
    );
  },
);

void t.test('when nothing could be seen, it says so, and nothing else', async (t) => {
  t.equal(
    show(unseen()),
    `Whether httpd is in danger could not be seen.
  /proc/sysvipc/sem cannot be read: EACCES
  systemd cannot be asked
  no httpd found

No httpd is alive in this IPC namespace

How full the table is could not be read.
`,
  );
});

void t.test('workers of a dead master are named', async (t) => {
  t.equal(
    show(orphaned()),
    `apache2.service is in no danger from semaphores.

apache2.service: active (running)
User www-data (uid 33), mutexes sysvsem
Alive: 2 orphaned httpd workers (701 and others)

sets        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1 of 128 (0 %)
semaphores  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1 of 32000 (0 %)

unsure: 1 (not certain; kept)
  1 × 2 orphaned httpd workers (701 and others): their master is dead, and nobody knows how old it was
        id        key    uid   made by  sems  last changed
         7 0x00000000     33         0     1  2026-03-01 10:00:00Z
`,
  );
});

void t.test('quiet is the headline alone', async (t) => {
  t.equal(
    show(sick(), { quiet: true }),
    'apache2.service cannot start again: the semaphore table is full, 10 of the sets left by a dead httpd.\n',
  );
  t.equal(show(unseen(), { quiet: true, verbose: true, explain: true }), `${headline(unseen())}\n`);
});

void t.test('verbose shows every set of a group', async (t) => {
  const rows = (text: string): number => text.split('\n').filter((line) => / 0x0{8} /.test(line)).length;
  t.equal(rows(show(sick())), 8);
  t.match(show(sick()), '        … and 2 more (--verbose shows all)\n');
  t.equal(rows(show(sick(), { verbose: true })), 10);
  t.notMatch(show(sick(), { verbose: true }), 'more');
});

void t.test('explain shows what each rule saw and where to look again', async (t) => {
  const text = show(sick(), { explain: true });
  t.match(text, '  10 × no-living-httpd: no living httpd in this IPC namespace [/proc]\n');
  t.match(text, '  1 × not-a-mutex: key 0x80000001, not 0 [/proc/sysvipc/sem]\n');
});

void t.test('explain ends with what helps, where httpd is in the table and something is wrong', async (t) => {
  const helps = (what: ReturnType<typeof report>): string =>
    /What helps:\n[^]*/.exec(show(what, { explain: true }))?.[0] ?? '';
  const text = helps(sick());
  t.match(text, 'clear what the dead httpd left, and start:\n  httpd-guard clean\n');
  t.match(
    text,
    "  printf '[Service]\\nPrivateIPC=yes\\n' >/etc/systemd/system/apache2.service.d/private-ipc.conf\n",
  );
  t.match(text, /^ {2}# .*PHP and CGI/m);
  t.match(text, '  httpd-guard limits --raise 32000\n');
  t.equal(helps(healthy()), '');
  t.equal(helps(unseen()), '');
  const full: Scene = { limits: known({ maxSets: 1, maxSemaphores: 100 }), processes: [master(), worker()] };
  t.match(
    helps(report({ ...full, sets: [set({ key: 5 })] })),
    /^make the table larger, now and at each boot:$/m,
  );
  t.equal(helps(report(full, { settings: known(settings({ sysvMutexes: 0 })) })), '', 'it uses none');
  t.notMatch(show(sick()), 'What helps');
});

void t.test('reasons that differ from set to set are put in one line, and many are cut short', async (t) => {
  const sets = Array.from({ length: 12 }, (_, id) => set({ id, key: id + 1 }));
  t.match(show(report({ sets })), '  12 × key, count or mode are not those of an httpd mutex\n');
  const explained = show(report({ sets }), { explain: true });
  t.match(explained, '  1 × not-a-mutex: key 0x8, not 0 [/proc/sysvipc/sem]\n  … and 4 more reasons\n');
});

void t.test('colours change no word, and without them there is no escape', async (t) => {
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
  t.match(show(sick(), { colour: true }), `\u001b[31m${'█'.repeat(30)}\u001b[0m\u001b[2m\u001b[0m 11 of 11`);
});

void t.test('the headline says how near the danger is, and who is to blame', async (t) => {
  const limits = (maxSets: number): Scene['limits'] & object => known({ maxSets, maxSemaphores: 32_000 });
  const full = { sets: [set({ key: 1 })], limits: limits(1) };
  const cases: [ReturnType<typeof report>, string][] = [
    [healthy(), 'apache2.service is in no danger from semaphores.'],
    [
      report({ limits: limits(100) }),
      'apache2.service is not in danger yet, but a dead httpd left 1 semaphore set behind.',
    ],
    [
      report({ limits: limits(100), sets: [set({ id: 1 }), set({ id: 2 })] }),
      'apache2.service is not in danger yet, but a dead httpd left 2 semaphore sets behind.',
    ],
    [
      report({ limits: limits(5), sets: [1, 2, 3, 4].map((key) => set({ key })) }),
      'apache2.service is not in danger yet, but the semaphore table fills up.',
    ],
    [
      report({ limits: limits(100), sets: Array.from({ length: 99 }, (_, i) => set({ key: i + 1 })) }),
      'apache2.service is in danger: the semaphore table is nearly full.',
    ],
    [
      report(full),
      'apache2.service could not start again after a kill -9: the semaphore table is full, and nothing in it is known to be left by a dead httpd: httpd-guard limits says who has it.',
    ],
    [
      report({ sets: [set({ nsems: 250 })], limits: known({ maxSets: 9, maxSemaphores: 250 }) }),
      'apache2.service could not start again after a kill -9: the semaphore table is full, and nothing in it is known to be left by a dead httpd: httpd-guard limits says who has it.',
    ],
    [
      report({}, { unit: unknown('none') }),
      'httpd is not in danger yet, but a dead httpd left 1 semaphore set behind.',
    ],
  ];
  for (const [one, words] of cases) t.equal(headline(one), words);
});

void t.test('an IPC namespace of the unit’s own is pointed out: its sets are elsewhere', async (t) => {
  t.match(
    show(report({}, { unit: known(unit({ privateIpc: true })) })),
    'main pid 800, with an IPC namespace of its own (PrivateIPC=yes): its sets are not in this table\n',
  );
});

void t.test('a mechanism that httpd does not tell is not made up', async (t) => {
  const one = report({}, { settings: known(settings({ mutexMechanism: null })) });
  t.match(show(one), 'User www-data (uid 33), mutexes of a kind httpd does not tell\n');
});

void t.test('text from elsewhere cannot move the cursor or forge a line', async (t) => {
  const nasty = 'a\u001b[2J\nhttpd.service is in no danger\u202e';
  const one = report(
    {
      sets: [set({ ctime: NOW_S })],
      processes: [master({ unit: known(nasty) }), worker()],
      unitRuns: { [nasty]: unknown(nasty) },
    },
    {
      unit: known(unit({ name: nasty })),
      settings: known(settings({ user: nasty })),
      otherUnits: [{ name: nasty, active: '' }],
      missing: [nasty],
    },
  );
  for (const style of [{}, { explain: true, verbose: true }, { quiet: true }]) {
    const text = show(one, style);
    t.notOk(text.includes('\u001b') || text.includes('\u202e'));
    t.notMatch(text, /^httpd\.service/m);
    t.match(text, 'a\\x1b[2J\\x0ahttpd.service is in no danger\\u{202e}');
  }
});

void t.test('shared memory that is left over is mentioned, and no more', async (t) => {
  const text = show(leftover());
  t.match(text, 'shared memory: 1 detached, of a dead maker');
  t.match(text, /^ {9}3 0x63637069 {8}4096$/m);
  t.equal(headline(leftover()), headline(report({})));
  t.notMatch(show(report({})), 'shared memory');
});

function headline(one: ReturnType<typeof report>): string | undefined {
  return show(one, { quiet: true }).split('\n')[0];
}
