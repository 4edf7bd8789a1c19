import { createServer } from 'node:net';
import t from 'tap';
import { Systemd } from '../../src/host/systemd.ts';

void t.test('no bus, or one that does not answer, is a fact', async (t) => {
  const directory = t.testdir({});
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${directory}/none`;
  t.match(await Systemd.connect(1_000), { known: false, why: /systemd cannot be asked over D-Bus .*ENOENT/ });

  const silent = createServer(() => undefined).listen(`${directory}/silent`);
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${directory}/silent`;
  t.match(await Systemd.connect(200), { known: false, why: /no answer in 200 ms/ });
  silent.close();

  const rude = createServer((socket) => socket.end('REJECTED\r\n')).listen(`${directory}/rude`);
  process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${directory}/rude`;
  t.match(await Systemd.connect(1_000), { known: false });
  rude.close();
});
