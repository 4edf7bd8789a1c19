import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Variant } from 'dbus-next';
import t, { type Test } from 'tap';
import { BusConnection } from '../../../src/host/systemd/bus-connection.ts';
import { Systemd } from '../../../src/host/systemd/systemd.ts';
import { type Answer, changed, fakeBus, ownerChanged, reply } from './fake-bus.ts';

/** Not t.testdir: a socket's path is cut at 107 bytes (unix(7)), and the checkout may lie anywhere. */
function socketFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'httpd-guard-test-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

async function connectTo(path: string): Promise<BusConnection> {
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${path}`;
  const connection = await BusConnection.connect(1_000);
  if (!connection.known) throw new Error(connection.why);
  return connection.value;
}

/** The answers of a systemd with one unit that is active; `property`: those of its service. */
const oneUnit =
  (property: (name: unknown) => string): Answer =>
  (call) => {
    if (call.member === 'LoadUnit') return [reply(call, 'o', [UNIT_PATH])];
    if (call.member === 'GetAll') return [reply(call, 'a{sv}', [active('active')])];
    if (call.member !== 'Get') return [reply(call, '', [])];
    return [reply(call, 'v', [new Variant('s', property(call.body[1]))])];
  };

const UNIT_PATH = '/org/freedesktop/systemd1/unit/a';
const active = (state: string): { ActiveState: Variant } => ({ ActiveState: new Variant('s', state) });

void t.test('a missing or silent bus is an unknown fact', async (t) => {
  const directory = socketFolder(t);
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${directory}/none`;
  t.match(await BusConnection.connect(1_000), {
    known: false,
    why: /cannot query systemd over D-Bus .*ENOENT/,
  });

  const silent = createServer(() => undefined).listen(`${directory}/silent`);
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${directory}/silent`;
  t.match(await BusConnection.connect(200), { known: false, why: /no answer in 200 ms/ });
  silent.close();

  const rude = createServer((socket) => socket.end('REJECTED\r\n')).listen(`${directory}/rude`);
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${directory}/rude`;
  t.match(await BusConnection.connect(1_000), { known: false });
  rude.close();
});

void t.test('a change in the same chunk as the first answer is not missed', async (t) => {
  let reads = 0;
  const folder = socketFolder(t);
  const bus = fakeBus(`${folder}/bus`, (call) => {
    if (call.member === 'LoadUnit') return [reply(call, 'o', [UNIT_PATH])];
    if (call.member === 'Get') return [reply(call, 'v', [new Variant('s', 'no')])];
    if (call.member !== 'GetAll') return [reply(call, '', [])];
    const now = active(++reads === 1 ? 'activating' : 'failed');
    const answer = reply(call, 'a{sv}', [now]);
    return reads > 1
      ? [answer]
      : [answer, changed(UNIT_PATH, 'org.freedesktop.systemd1.Unit', active('failed'))];
  });
  const connection = await connectTo(`${folder}/bus`);
  const ending = new AbortController();
  const seen: string[] = [];
  const following = new Systemd(connection).follow(
    ['a.service'],
    (_, { active }) => {
      seen.push(active);
      ending.abort();
    },
    ending.signal,
  );
  t.equal(await following, 'aborted');
  t.strictSame(seen, ['failed']);
  connection.disconnect();
  bus.close();
});

void t.test('a state comes with the result of the service, which is signalled before it', async (t) => {
  const folder = socketFolder(t);
  const bus = fakeBus(
    `${folder}/bus`,
    oneUnit((name) => (name === 'Restart' ? 'no' : 'success')),
  );
  const connection = await connectTo(`${folder}/bus`);
  const ending = new AbortController();
  const seen: string[] = [];
  await new Systemd(connection).follow(
    ['a.service'],
    (_, state) => {
      seen.push(`${state.active} ${state.result} ${state.restart}`);
      if (seen.length === 2) {
        ending.abort();
        return;
      }
      bus.send([
        changed(UNIT_PATH, 'org.freedesktop.systemd1.Service', { Result: new Variant('s', 'exit-code') }),
        changed(UNIT_PATH, 'org.freedesktop.systemd1.Unit', active('deactivating')),
      ]);
    },
    ending.signal,
  );
  t.strictSame(seen, ['active success no', 'deactivating exit-code no']);
  connection.disconnect();
  bus.close();
});

void t.test('it does not begin to follow when it should end already', async (t) => {
  const folder = socketFolder(t);
  const bus = fakeBus(
    `${folder}/bus`,
    oneUnit(() => 'no'),
  );
  const connection = await connectTo(`${folder}/bus`);
  const states: string[] = [];
  const onState = (name: string): void => void states.push(name);
  t.equal(await new Systemd(connection).follow(['a.service'], onState, AbortSignal.abort()), 'aborted');
  t.strictSame(states, []);
  connection.disconnect();
  bus.close();
});

void t.test('it stops following when systemd leaves the bus, and not when it moves on it', async (t) => {
  const folder = socketFolder(t);
  const bus = fakeBus(
    `${folder}/bus`,
    oneUnit(() => 'no'),
  );
  const connection = await connectTo(`${folder}/bus`);
  const ending = new AbortController();
  const seen: string[] = [];
  const why = await new Systemd(connection).follow(
    ['a.service'],
    (_, state) => {
      seen.push(state.active);
      if (seen.length === 1)
        bus.send([
          ownerChanged('org.freedesktop.systemd1', ':1.0', ':1.4'),
          ownerChanged('org.freedesktop.login1', ':1.2', ''),
          ownerChanged('org.freedesktop.systemd1', ':1.4', '', ':1.9'),
          changed(UNIT_PATH, 'org.freedesktop.systemd1.Unit', active('failed')),
        ]);
      else bus.send([ownerChanged('org.freedesktop.systemd1', ':1.4', '')]);
    },
    ending.signal,
  );
  t.strictSame(seen, ['active', 'failed']);
  t.equal(why, 'systemd has left the system bus');
  connection.disconnect();
  bus.close();
});
