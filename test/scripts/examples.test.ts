import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { SMTPServer } from 'smtp-server';
import t from 'tap';
import { MESSAGE_ID } from '../../src/core/message-ids.ts';
import { eventJson } from '../../src/view/journal/event-json.ts';

const EVENT = eventJson(
  'apache2.service',
  {
    MESSAGE: 'apache2.service: it said "full"\n\nBcc: <x@example.com>',
    MESSAGE_ID: MESSAGE_ID.cause,
    HTTPD_GUARD_CAUSE: 'other',
    HTTPD_GUARD_LINE: '"unit":"forged"\r\nBcc: <y@example.com>',
  },
  0,
);

void t.test('an event is one line of JSON', async (t) => {
  t.equal(EVENT.indexOf('\n'), EVENT.length - 1);
  t.match(JSON.parse(EVENT), {
    schema: 1,
    at: '1970-01-01T00:00:00Z',
    event: 'explained',
    unit: 'apache2.service',
    cause: 'other',
    removed: 0,
    command: null,
  });
  const cleared = {
    MESSAGE: 'x',
    MESSAGE_ID: MESSAGE_ID.cleared,
    HTTPD_GUARD_REMOVED: 3,
    HTTPD_GUARD_COMMAND: 'clean',
  };
  t.match(JSON.parse(eventJson(null, cleared, 0)), {
    event: 'cleared',
    unit: null,
    removed: 3,
    command: 'clean',
  });
  t.match(JSON.parse(eventJson(null, { MESSAGE: 'x' }, 0)), { event: 'other', cause: null, line: null });
});

void t.test('on-event-mail sends a mail to an SMTP server', async (t) => {
  const mails: { from: string; to: string[]; mail: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, { envelope }, done) => {
      void text(stream).then((mail) => {
        mails.push({
          from: envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          mail,
        });
        done();
      });
    },
  });
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => {
      resolve(listening.address().port);
    });
  });
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.close(resolve);
      }),
  );
  const url = `smtp://127.0.0.1:${port}`;
  await execa('scripts/examples/on-event-mail', [url, 'guard@example.com', 'admin@example.com'], {
    input: EVENT,
  });
  t.match(mails, [{ from: 'guard@example.com', to: ['admin@example.com'] }]);
  const [head = '', ...body] = (mails[0]?.mail ?? '').split('\r\n\r\n');
  t.match(head, /^Subject: \[\S+\] httpd-guard: apache2\.service explained\r$/m);
  t.notMatch(head, /bcc/i, 'no text of an event becomes a header');
  t.match(body.join(), 'it said \\"full\\"');
});

void t.test('on-event-webhook posts the event; a failure is an exit status', async (t) => {
  const posts: string[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      posts.push(`${request.method ?? ''} ${request.headers['content-type'] ?? ''} ${body}`);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const post = () => execa('scripts/examples/on-event-webhook', [url], { input: EVENT, reject: false });
  t.equal((await post()).exitCode, 0);
  t.strictSame(posts, [`POST application/json ${EVENT}`]);
  status = 500;
  t.not((await post()).exitCode, 0);
});
