import t from 'tap';
import { type Raising, raisingJson, raisingText } from '../../src/view/limits-raise.ts';

const raising = (over: Partial<Raising> = {}): Raising => ({
  dryRun: false,
  before: { semmsl: 250, semmns: 32_000, semopm: 32, semmni: 128 },
  after: { semmsl: 250, semmns: 50_000, semopm: 32, semmni: 200 },
  file: '/etc/sysctl.d/a.conf',
  ...{ applies: true, writes: true, text: '# a\nb = c\n', backup: null, warnings: [] },
  ...over,
});

const show = (over: Partial<Raising> = {}, quiet = false): string => raisingText(raising(over), { quiet });

void t.test('what was done, and how to undo it', async (t) => {
  t.equal(
    show(),
    `set kernel.sem = 250 50000 32 200; it was 250 32000 32 128
wrote /etc/sysctl.d/a.conf
undo it with: rm /etc/sysctl.d/a.conf && echo '250 32000 32 128' >/proc/sys/kernel/sem
`,
  );
  t.match(show({ backup: '/b' }), 'undo it with: mv /b /etc/sysctl.d/a.conf && echo');
  t.match(show({ applies: false }), 'undo it with: rm /etc/sysctl.d/a.conf\n');
  t.equal(show({ applies: false, writes: false }), 'everything is in place already\n');
});

void t.test('a dry run says what would be', async (t) => {
  t.equal(
    show({ dryRun: true, backup: '/b' }),
    `would set kernel.sem = 250 50000 32 200; it is 250 32000 32 128
would keep what /etc/sysctl.d/a.conf held as /b
would write /etc/sysctl.d/a.conf:
  # a
  b = c
`,
  );
});

void t.test('a warning is said also to the quiet', async (t) => {
  t.equal(show({ warnings: ['x\u001b'] }, true), 'but: x\\x1b\n');
  t.equal(show({}, true), '');
});

void t.test('the JSON is an interface', async (t) => {
  t.strictSame(raisingJson(raising({ warnings: ['w'] })), {
    ...{ schema: 1, dryRun: false, before: raising().before, after: raising().after },
    ...{ applies: true, file: '/etc/sysctl.d/a.conf', writes: true, backup: null },
    undo: "rm /etc/sysctl.d/a.conf && echo '250 32000 32 128' >/proc/sys/kernel/sem",
    warnings: ['w'],
  });
});
