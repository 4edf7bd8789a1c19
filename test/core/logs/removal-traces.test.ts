import t from 'tap';
import { auditTraces, cronTraces, journalTrace } from '../../../src/core/logs/removal-traces.ts';

void t.test('a cron job that calls ipcrm, and not one that only mentions it in a comment', async (t) => {
  t.strictSame(
    cronTraces('/etc/cron.d/x', 'SHELL=/bin/sh\n*/5 * * * * root ipcs -s | awk ... | xargs -n1 ipcrm -s\n'),
    [
      {
        saw: 'a cron job calls ipcrm: */5 * * * * root ipcs -s | awk ... | xargs -n1 ipcrm -s',
        source: '/etc/cron.d/x',
      },
    ],
  );
  t.strictSame(cronTraces('/x', '# ipcrm\n0 1 * * * root my-ipcrmx\n'), []);
  t.equal(cronTraces('/x', `ipcrm ${'x'.repeat(1_000)}`)[0]?.saw.length, 224, 'a long line is cut');
});

void t.test('entries of programs that log what they run', async (t) => {
  const entry = (fields: object): string => JSON.stringify({ _PID: '7', ...fields });
  t.strictSame(journalTrace(entry({ _COMM: 'cron', MESSAGE: '(root) CMD (ipcrm -s 5)' })), {
    saw: 'cron (pid 7) logged: (root) CMD (ipcrm -s 5)',
    source: 'journalctl',
  });
  t.match(journalTrace(entry({ _COMM: 'ipcrm', MESSAGE: 'invalid id (5)' })), { saw: /^ipcrm \(pid 7\)/ });
  t.equal(journalTrace(entry({ _COMM: 'cron', MESSAGE: '(root) CMD (true)' })), null);
  for (const text of ['', 'null', '7', '{', '{}']) t.equal(journalTrace(text), null, text);
});

void t.test(
  'records of the audit: a removal of one of the sets, whatever the program, and each call of ipcrm',
  async (t) => {
    const record = (over: Record<string, string>): string => {
      const fields = {
        ...{
          arch: 'c000003e',
          syscall: '66',
          success: 'yes',
          exit: '0',
          a0: '8003',
          a1: '0',
          a2: '0',
          a3: '0',
        },
        ...{
          ppid: '1',
          pid: '77',
          auid: '1000',
          uid: '0',
          comm: '"perl"',
          exe: '"/usr/bin/perl"',
          key: '(null)',
          ...over,
        },
      };
      const text = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
      return `type=SYSCALL msg=audit(1732830000.123:45): ${text.join(' ')}`;
    };
    const saws = (text: string) => auditTraces(text, new Set([0x8003])).map(({ saw }) => saw);
    t.strictSame(saws(`${record({})}\n${record({})}`), [
      'process 77 (/usr/bin/perl, uid 0, login uid 1000) removed set 32771',
    ]);
    t.strictSame(saws(`node=host ${record({ a2: '100' })}`).length, 1, 'with IPC_64');
    t.strictSame(saws(record({ comm: '"ipcrm"', exe: '"/usr/bin/ipcrm"', syscall: '59', a2: '55' })), [
      'process 77 (/usr/bin/ipcrm, uid 0, login uid 1000) ran ipcrm',
    ]);
    for (const [what, text] of [
      ['another set', record({ a0: '8004' })],
      ['another command', record({ a2: '2' })],
      ['refused', record({ success: 'no' })],
      ['another record', record({}).replace('SYSCALL', 'CWD')],
      ['nothing', '<no matches>'],
    ] as const)
      t.strictSame(saws(text), [], what);
  },
);
