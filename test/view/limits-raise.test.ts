import t from 'tap';
import { type Raising, raisingJson, raisingText } from '../../src/view/limits-raise.ts';
import { complaints } from './schemas/complaints.ts';

const raising = (over: Partial<Raising> = {}): Raising => ({
  dryRun: false,
  before: { semmsl: 250, semmns: 32_000, semopm: 32, semmni: 128 },
  after: { semmsl: 250, semmns: 50_000, semopm: 32, semmni: 200 },
  file: '/etc/sysctl.d/a.conf',
  applies: true,
  writes: true,
  text: '# a\nb = c\n',
  backup: null,
  warnings: [],
  ...over,
});

const show = (over: Partial<Raising> = {}, quiet = false): string => raisingText(raising(over), { quiet });

void t.test('limits --raise reports what it changed and how to undo it', async (t) => {
  t.equal(
    show(),
    `set kernel.sem = 250 50000 32 200; it was 250 32000 32 128
wrote /etc/sysctl.d/a.conf
to undo: rm /etc/sysctl.d/a.conf && echo '250 32000 32 128' >/proc/sys/kernel/sem
`,
  );
  t.match(show({ backup: '/b' }), 'to undo: mv /b /etc/sysctl.d/a.conf && echo');
  t.match(show({ applies: false }), 'to undo: rm /etc/sysctl.d/a.conf\n');
  t.equal(show({ applies: false, writes: false }), 'nothing to change\n');
});

void t.test('a dry run reports what would change', async (t) => {
  t.equal(
    show({ dryRun: true, backup: '/b' }),
    `would set kernel.sem = 250 50000 32 200; it is 250 32000 32 128
would keep the previous /etc/sysctl.d/a.conf as /b
would write /etc/sysctl.d/a.conf:
  # a
  b = c
`,
  );
});

void t.test('a warning is printed with --quiet, too', async (t) => {
  t.equal(show({ warnings: ['x\u001b'] }, true), 'warning: x\\x1b\n');
  t.equal(show({}, true), '');
});

void t.test('the JSON object has the documented fields', async (t) => {
  for (const one of [raising(), raising({ applies: false, writes: false }), raising({ backup: '/b' })])
    t.strictSame(complaints('limits-raise', raisingJson(one)), []);
  t.strictSame(raisingJson(raising({ warnings: ['w'] })), {
    schema: 1,
    dryRun: false,
    before: raising().before,
    after: raising().after,
    applies: true,
    file: '/etc/sysctl.d/a.conf',
    writes: true,
    backup: null,
    undo: "rm /etc/sysctl.d/a.conf && echo '250 32000 32 128' >/proc/sys/kernel/sem",
    warnings: ['w'],
  });
});
