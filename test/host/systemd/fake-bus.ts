import { createRequire } from 'node:module';
import { type Socket, createServer } from 'node:net';
import { Message, type Variant } from 'dbus-next';

const require = createRequire(import.meta.url);
const { marshallMessage } = require('dbus-next/lib/marshall-compat.js') as {
  marshallMessage: (message: Message) => [Buffer];
};
const { unmarshalMessages } = require('dbus-next/lib/message.js') as {
  unmarshalMessages: (stream: Socket, onMessage: (message: Message) => void, options: object) => void;
};

/** What the bus answers to one method call: its messages arrive all at once, in one piece. */
export type Answer = (call: Message) => Message[];

interface FakeBus {
  /** To the one who connected last, all at once. */
  send: (messages: Message[]) => void;
  close: () => void;
}

/** A system bus with nobody on it, at a path for a socket: who connects is let in, and `answer` speaks. */
export function fakeBus(path: string, answer: Answer): FakeBus {
  let send: FakeBus['send'] = () => undefined;
  const server = createServer((socket) => {
    let greeting = '';
    let serial = 0;
    send = (messages) => {
      for (const message of messages) message.serial = ++serial;
      socket.write(Buffer.concat(messages.map((message) => marshallMessage(message)[0])));
    };
    const greet = (piece: Buffer): void => {
      greeting += piece.toString('latin1');
      // The words of D-Bus's own handshake (D-Bus Specification, "Authentication Protocol").
      if (greeting.includes('AUTH')) socket.write('OK 0123456789abcdef0123456789abcdef\r\n');
      if (!greeting.includes('BEGIN\r\n')) {
        greeting = greeting.replace(/AUTH.*\r\n/, '');
        return;
      }
      socket.off('data', greet);
      socket.pause();
      socket.unshift(Buffer.from(greeting.split('BEGIN\r\n')[1] ?? '', 'latin1'));
      unmarshalMessages(
        socket,
        (call) => {
          send(call.member === 'Hello' ? [reply(call, 's', [':1.1'])] : answer(call));
        },
        {},
      );
    };
    socket.on('data', greet);
  }).listen(path);
  return {
    send: (messages) => {
      send(messages);
    },
    close: () => {
      server.close();
    },
  };
}

export function reply(call: Message, signature: string, body: unknown[]): Message {
  return Object.assign(Message.newMethodReturn(call, signature, body), { destination: ':1.1' });
}

export function changed(path: string, of: string, properties: Record<string, Variant>): Message {
  return Message.newSignal(path, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as', [
    of,
    properties,
    [],
  ]);
}

/** A name has passed from one connection to another; "" for none. It counts only from the bus itself. */
export function ownerChanged(
  name: string,
  from: string,
  to: string,
  sender = 'org.freedesktop.DBus',
): Message {
  const signal = Message.newSignal(
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus',
    'NameOwnerChanged',
    'sss',
    [name, from, to],
  );
  return Object.assign(signal, { sender });
}
