import { createServer } from 'node:net';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import t from 'tap';
import { done } from '../../../src/core/done.ts';
import { readStat } from '../../../src/host/proc/proc-files.ts';
import { parseListening, listeningProcesses } from '../../../src/host/proc/listening.ts';
import { terminate } from '../../../src/host/proc/terminate.ts';
import { worker } from '../../core/verdict/snapshot-builder.ts';

void t.test('listening sockets are found in a table of sockets', async (t) => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0050 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
`;
  t.strictSame(parseListening(text), [['4711', 80]]);
  t.strictSame(parseListening(''), []);
});

void t.test('a listening process is found with its port', async (t) => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const me = worker({ pid: process.pid, startedMs: 7 });
  t.strictSame(listeningProcesses([me]), [{ pid: process.pid, startedMs: 7, ports: [port] }]);
  t.strictSame(listeningProcesses([worker({ pid: 2 ** 22 })]), [], 'who is gone listens nowhere');
});

void t.test('an orphan is terminated, but not a process that reuses its pid', async (t) => {
  // It ends with this test also when the test is killed.
  const script = `trap "" TERM; echo ready; while kill -0 ${process.pid}; do sleep 0.05; done`;
  const child = spawn('sh', ['-c', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const { startedMs } = readStat(pid);
  t.strictSame(await terminate([{ pid, startedMs: startedMs + 10 }]), done);
  t.equal(child.exitCode ?? child.signalCode, null, 'another one with that pid lives on');
  const ended = once(child, 'exit');
  t.strictSame(await terminate([{ pid, startedMs }]), done);
  t.strictSame(await ended, [null, 'SIGKILL'], 'who does not heed TERM is killed');
});
