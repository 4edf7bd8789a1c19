import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { portOwners } from '../../../src/host/proc/port-owners.ts';

void t.test('who listens on a port is named', async (t) => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  t.match(portOwners(new Set([port])), [{ port, pid: process.pid, program: process.execPath }]);
  t.strictSame(portOwners(new Set([])), []);
});
