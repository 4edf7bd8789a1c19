import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { namesOomKill } from '../../../src/host/proc/oom-kills.ts';
import { portOwners } from '../../../src/host/proc/port-owners.ts';

void t.test('who listens on a port is named', async (t) => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  t.match(portOwners(new Set([port])), [{ port, pid: process.pid, program: process.execPath }]);
  t.strictSame(portOwners(new Set([])), []);
});

void t.test("the kernel's messages about an OOM kill", async (t) => {
  for (const line of [
    'Out of memory: Killed process 812 (apache2) total-vm:1234kB, anon-rss:1kB',
    'Memory cgroup out of memory: Killed process 812 (httpd) total-vm:1kB',
  ]) {
    t.ok(namesOomKill(`x\n${line}\ny`, 812), line);
    t.notOk(namesOomKill(line, 81), 'another process');
  }
  t.notOk(namesOomKill('Killed process 812 (apache2)', 812));
});
