import type { Socket } from 'node:net';
import dbus, { type Message, type MessageBus } from 'dbus-next';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import type { Properties } from './unit-properties.ts';

// The only file that knows dbus-next: method calls to systemd on the system bus, and match rules of our own.

const MANAGER = 'org.freedesktop.systemd1.Manager';
const PROPERTIES = 'org.freedesktop.DBus.Properties';

const DEFAULT_BUS = 'unix:path=/run/dbus/system_bus_socket';

/** A change of properties, as systemd signals it (org.freedesktop.DBus.Properties.PropertiesChanged). */
export interface PropertiesChanged {
  path: string;
  interface: string;
  changed: Properties;
}

/** One connection to systemd over the system bus. It decides nothing. */
export class BusConnection {
  private constructor(
    private readonly bus: MessageBus,
    /** How long a call may take from now on, in milliseconds. */
    private readonly limitMs: () => number,
    /** Objects whose changes are signalled. */
    private readonly followed = new Set<string>(),
  ) {}

  /** Connects to the system bus. Unknown, and why, when there is none or it does not answer in time. */
  static async connect(timeoutMs: number): Promise<Fact<BusConnection>> {
    const address = process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? DEFAULT_BUS;
    let bus: MessageBus | undefined;
    try {
      bus = dbus.sessionBus({ busAddress: address });
      const connecting = bus;
      await within(
        timeoutMs,
        new Promise<void>((resolve, reject) => {
          connecting.once('connect', () => {
            resolve();
          });
          connecting.on('error', reject);
        }),
      );
      return known(new BusConnection(bus, () => timeoutMs));
    } catch (error) {
      if (bus !== undefined) hangUp(bus);
      return unknown(`systemd cannot be asked over D-Bus (${address}): ${errorReason(error)}`);
    }
  }

  disconnect(): void {
    hangUp(this.bus);
  }

  /** The same connection, with another limit for its calls. */
  limited(limitMs: () => number): BusConnection {
    return new BusConnection(this.bus, limitMs, this.followed);
  }

  get isClosed(): boolean {
    return connectionOf(this.bus).stream.destroyed;
  }

  /** From now on it keeps no process alive that has nothing else to do: a call that is under way does, by its limit. */
  unref(): void {
    connectionOf(this.bus).stream.unref();
  }

  /** Calls a method of systemd's manager object. Throws when it fails or does not answer in time. */
  async call<T>(member: string, signature: string, body: unknown[]): Promise<T> {
    return this.send<T>('/org/freedesktop/systemd1', MANAGER, member, signature, body);
  }

  /** All properties that the object at `path` has of one interface. Throws as `call` does. */
  async properties(path: string, of: string): Promise<Properties> {
    return this.send<Properties>(path, PROPERTIES, 'GetAll', 's', [of]);
  }

  /** One property, which costs systemd a fraction of all of them. Throws as `call` does. */
  async property<T>(path: string, of: string, name: string): Promise<T> {
    const property = await this.send<Properties[string]>(path, PROPERTIES, 'Get', 'ss', [of, name]);
    return property.value as T;
  }

  /** Returns what ends it. */
  onPropertiesChanged(listener: (signal: PropertiesChanged) => void): () => void {
    const onMessage = ({ path, member, body }: Message): void => {
      if (member !== 'PropertiesChanged') return;
      listener({ path, interface: body[0] as string, changed: body[1] as Properties });
    };
    this.bus.on('message', onMessage);
    return () => {
      this.bus.off('message', onMessage);
    };
  }

  onClose(listener: () => void): void {
    connectionOf(this.bus).stream.once('close', listener);
  }

  /**
   * Has systemd signal the changes of the object at `path`, by one match rule. It lasts as long as the connection: dbus-next
   * would never remove its own.
   */
  async followProperties(path: string): Promise<void> {
    if (this.followed.has(path)) return;
    // A second time is an error (systemd: dbus-manager.c, method_subscribe).
    if (this.followed.size === 0) await this.call('Subscribe', '', []);
    this.followed.add(path);
    const rule = `type='signal',sender='org.freedesktop.systemd1',interface='${PROPERTIES}',member='PropertiesChanged',path='${path}'`;
    const message = new dbus.Message({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'AddMatch',
      signature: 's',
      body: [rule],
    });
    await within(this.limitMs(), this.bus.call(message));
  }

  private async send<T>(
    path: string,
    of: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<T> {
    const message = new dbus.Message({
      destination: 'org.freedesktop.systemd1',
      path,
      interface: of,
      member,
      signature,
      body,
    });
    const reply = await within(this.limitMs(), this.bus.call(message));
    return reply?.body[0] as T;
  }
}

/** dbus-next's own disconnect closes only its half: a bus that hangs would keep this process alive for ever. */
function hangUp(bus: MessageBus): void {
  bus.disconnect();
  connectionOf(bus).stream.destroy();
}

function connectionOf(bus: MessageBus): { stream: Socket } {
  return (bus as unknown as { _connection: { stream: Socket } })._connection;
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer in ${Math.round(timeoutMs)} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
