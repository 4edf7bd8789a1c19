import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { answers } from '../../../src/host/httpd/health-check.ts';

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

void t.test('a server that answers, whatever its status, over new connections', async (t) => {
  let connections = 0;
  const url = await serve(t, (request, response) => {
    if (request.headers.connection === 'close') connections++;
    response.writeHead(503).end();
  });
  t.equal(await answers(url, 1), true);
  t.equal(connections, 10);
});

void t.test('one that answers some requests, and then no more', async (t) => {
  let requests = 0;
  const url = await serve(t, (request, response) => {
    if (++requests <= 3) response.end();
    else request.socket.destroy();
  });
  t.equal(await answers(url, 1), false);
  t.equal(requests, 8);
});

void t.test('one that answers every second request is not said to be without an answer', async (t) => {
  let requests = 0;
  const url = await serve(t, (request, response) => {
    if (++requests % 2 === 0) response.end();
    else request.socket.destroy();
  });
  t.equal(await answers(url, 1), true);
});
