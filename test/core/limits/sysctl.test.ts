import t from 'tap';
import {
  OWN_SYSCTL_FILE,
  assignedSem,
  foreignLine,
  inOrder,
  ownSysctlText,
  overridingFile,
} from '../../../src/core/limits/sysctl.ts';

const value = { semmsl: 250, semmns: 32_000, semopm: 32, semmni: 128 };

void t.test(
  'sysctl files are applied in the order of their names; /etc overrides a file of the same name',
  async (t) => {
    t.strictSame(
      inOrder([
        '/usr/lib/sysctl.d/50-a.conf',
        '/lib/sysctl.d/50-a.conf',
        '/run/sysctl.d/70-c.conf',
        '/usr/lib/sysctl.d/70-c.conf',
        '/etc/sysctl.d/60-b.conf',
        '/etc/sysctl.d/60-b.conf.bak-1',
        '/etc/sysctl.d/README',
        '/usr/local/lib/sysctl.d/10-z.conf',
        '/usr/lib/sysctl.d/60-b.conf',
        '/etc/sysctl.d/70-c.conf',
      ]),
      [
        '/usr/local/lib/sysctl.d/10-z.conf',
        '/usr/lib/sysctl.d/50-a.conf',
        '/etc/sysctl.d/60-b.conf',
        '/etc/sysctl.d/70-c.conf',
      ],
    );
  },
);

void t.test('the value that a file assigns to kernel.sem', async (t) => {
  const cases: [string, string | null][] = [
    ['kernel.sem = 1 2 3 4', '1 2 3 4'],
    ['  kernel/sem=1\t2 3  4 ', '1 2 3 4'],
    ['-kernel.sem = 1 2 3 4', '1 2 3 4'],
    ['kernel.sem = 1 2 3 4\nkernel.sem = 5 6 7 8\n', '5 6 7 8'],
    ['kernel.sem = 1 2 3 4\n-kernel.sem', ''],
    ['# kernel.sem = 1 2 3 4', null],
    ['; kernel.sem = 1 2 3 4', null],
    ['kernel.sem', null],
    ['kernel.sem_next_id = 5', null],
    ['xkernel.sem = 1 2 3 4', null],
    ['kernel.s* = 1 2 3 4', null],
    ['', null],
  ];
  for (const [text, assigned] of cases) t.equal(assignedSem(text), assigned, JSON.stringify(text));
});

void t.test('a file that is read later overrides ours at boot', async (t) => {
  const file = (path: string, text = 'kernel.sem = 9 9 9 9') => ({ path: `/etc/sysctl.d/${path}`, text });
  t.equal(overridingFile([], value), null);
  t.equal(overridingFile([file('50-a.conf'), file('60-httpd-guard.conf')], value), null, 'we come later');
  t.strictSame(overridingFile([file('61-a.conf'), file('70-b.conf', '-kernel.sem')], value), {
    path: '/etc/sysctl.d/70-b.conf',
    value: '',
  });
  t.match(overridingFile([file('60-i.conf')], value), { value: '9 9 9 9' });
  t.equal(overridingFile([file('99-a.conf', 'vm.swappiness = 1')], value), null);
  t.equal(
    overridingFile([file('99-a.conf', 'kernel.sem = 250  32000 32 128')], value),
    null,
    'it says the same',
  );
  t.equal(overridingFile([file('98-a.conf'), file('99-a.conf', ownSysctlText(value))], value), null);
});

void t.test('the text of our own sysctl file', async (t) => {
  const text = ownSysctlText(value);
  t.equal(assignedSem(text), '250 32000 32 128');
  t.equal(text, ownSysctlText(value), 'the same again');
  t.equal(foreignLine(text), null);
  t.equal(foreignLine(`${text}\n; x\n-kernel.sem\n`), null);
  t.equal(foreignLine(`${text}vm.swappiness = 1\n`), 'vm.swappiness = 1');
  t.match(OWN_SYSCTL_FILE, /^\/etc\/sysctl\.d\/.*\.conf$/);
});
