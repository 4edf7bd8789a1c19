import { type Fact, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import type { BusConnection } from './bus-connection.ts';
import type { Systemd } from './systemd.ts';

const TIMEOUT_MS = 5_000;

/** Asks over a connection of its own, which is closed afterwards. Never throws. */
export async function withSystemd<T>(ask: (systemd: Systemd) => Promise<Fact<T>>): Promise<Fact<T>> {
  return withConnection(async (connection) => {
    const { Systemd } = await import('./systemd.ts');
    return ask(new Systemd(connection));
  });
}

/** Does something over a connection of its own, which is closed afterwards. Never throws. */
export async function withConnection<T>(
  use: (connection: BusConnection) => Promise<Fact<T>>,
): Promise<Fact<T>> {
  // dbus-next is loaded only when it is needed.
  const { BusConnection } = await import('./bus-connection.ts');
  const connection = await BusConnection.connect(TIMEOUT_MS);
  if (!connection.known) return connection;
  try {
    return await use(connection.value);
  } catch (error) {
    return unknown(errorReason(error));
  } finally {
    connection.value.disconnect();
  }
}
