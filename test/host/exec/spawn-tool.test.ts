import t from 'tap';
import { runTool, startTool } from '../../../src/host/exec/spawn-tool.ts';
import { steadyMs } from '../../../src/host/exec/steady-ms.ts';

const soon = (ms: number): number => steadyMs() + ms;

void t.test('a tool gets its input and our environment, and its output is returned', async (t) => {
  process.env['PERL5OPT'] = '-Mnonsense';
  const { stdin, ended } = startTool(['cat'], soon(5_000));
  stdin?.end('hello');
  t.match(await ended, { stdout: Buffer.from('hello'), failure: null });
  const { stdout } = await runTool(['env'], soon(5_000));
  const names = stdout
    .toString()
    .split('\n')
    .map((line) => line.split('=')[0]);
  t.notOk(names.includes('PERL5OPT') || names.includes('HOME'));
  t.match(stdout.toString(), /^PATH=\/usr\/local\/sbin:/m);
});

void t.test('every failure has its own sentence', async (t) => {
  t.match(await runTool(['no-such-tool'], soon(5_000)), {
    failure: 'no-such-tool cannot be run: it does not exist (ENOENT)',
    tooBig: false,
  });
  t.match(await runTool(['sh', '-c', 'echo why >&2; exit 7'], soon(5_000)), {
    failure: 'sh exited with 7: why',
  });
  t.match(await runTool(['sh', '-c', 'kill -9 $$'], soon(5_000)), { failure: 'sh was killed by SIGKILL' });
  t.match(await runTool(['sleep', '60'], soon(100)), {
    failure: /^sleep was killed by SIGKILL after \d+ ms$/,
  });
  t.match(await runTool(['true'], soon(0)), { failure: 'no time left to run true' });
  t.match(await runTool(['true', 'x'.repeat(4_000_000)], soon(5_000)), { failure: /E2BIG/, tooBig: true });
});

void t.test('a tool may exit without reading its input', async (t) => {
  const { stdin, ended } = startTool(['true'], soon(5_000));
  stdin?.end('x'.repeat(1_000_000));
  t.match(await ended, { failure: null });
});
