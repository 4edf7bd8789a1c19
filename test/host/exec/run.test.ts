import t from 'tap';
import { run, tryRun } from '../../../src/host/exec/run.ts';
import { steadyMs } from '../../../src/host/exec/steady-ms.ts';

const sh = (script: string, timeoutMs = 5_000) => tryRun({ file: 'sh', args: ['-c', script], timeoutMs });

void t.test('output, exit status and input of a program', async (t) => {
  t.same(await sh('echo out; echo err >&2; exit 7'), {
    known: true,
    value: { exitCode: 7, stdout: 'out', stderr: 'err' },
  });
  t.same(await run({ file: 'cat', args: [], input: 'in\n\n', timeoutMs: 5_000 }), {
    known: true,
    value: 'in\n',
  });
  t.same(await run({ file: 'cat', args: [], timeoutMs: 5_000 }), { known: true, value: '' });
  t.same(await run({ file: 'pwd', args: [], timeoutMs: 5_000 }), { known: true, value: '/' });
});

void t.test('PATH and locale are always ours', async (t) => {
  process.env['PERL5OPT'] = '-Mnonsense';
  const env = { PATH: '/nowhere', MINE: 'x' };
  const ran = await run({ file: 'env', args: [], env, timeoutMs: 5_000 });
  const lines = ran.known ? ran.value.split('\n') : [];
  t.ok(lines.includes('MINE=x') && lines.includes('LC_ALL=C'));
  t.notOk(lines.some((line) => line === 'PATH=/nowhere' || line.startsWith('PERL5OPT=')));
});

void t.test('every failure has its own sentence', async (t) => {
  t.match(await run({ file: 'sh', args: ['-c', 'echo why >&2; exit 3'], timeoutMs: 5_000 }), {
    why: 'sh failed: why',
  });
  t.match(await run({ file: 'sh', args: ['-c', 'exit 3'], timeoutMs: 5_000 }), {
    why: 'sh failed: exit status 3',
  });
  t.match(await tryRun({ file: 'no-such-tool', args: [], timeoutMs: 5_000 }), {
    why: /^no-such-tool failed: .*No such file/,
  });
  t.match(await tryRun({ file: '/etc/passwd', name: 'it', args: [], timeoutMs: 5_000 }), {
    why: /^it failed: .*Permission denied/,
  });
  t.match(await tryRun({ file: 'true', args: [], cwd: '/no/such/folder', timeoutMs: 5_000 }), {
    why: /^true failed: .*ENOENT/,
  });
  t.match(await sh('sleep 30', 200), { why: 'sh did not end in 200 ms' });
  t.match(await sh('yes', 20_000), { why: 'sh printed more than 4194304 bytes' });
});

void t.test('all started processes are ended, except those that left the session', async (t) => {
  const began = steadyMs();
  t.match(await sh('sleep 30 & wait', 200), { why: 'sh did not end in 200 ms' });
  t.match(await sh('setsid sleep 3 & exit 0', 200), {
    why: 'sh left a process that did not end in 200 ms',
  });
  t.ok(steadyMs() - began < 2_500);
});

void t.test('a program that another one killed did not run out of time', async (t) => {
  const killed = await tryRun({ file: 'sh', args: ['-c', 'kill -9 $$'], timeoutMs: 20_000 });
  t.strictSame(killed, { known: false, why: 'sh was killed' });
});
