import type { Socket } from 'node:net';
import dbus, { type Message, type MessageBus } from 'dbus-next';
import { type Fact, known, unknown } from '../../core/fact.ts';
import { errorReason } from '../files/error-reason.ts';
import type { Properties } from './unit-properties.ts';

// The only file that uses dbus-next: method calls to systemd on the system bus, and our own match rules.

const MANAGER = 'org.freedesktop.systemd1.Manager';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const SYSTEMD = 'org.freedesktop.systemd1';
/** The bus itself. */
const BUS = 'org.freedesktop.DBus';

const DEFAULT_BUS = 'unix:path=/run/dbus/system_bus_socket';
/** For "path" dbus-next first looks for the package usocket, which passes file descriptors. */
const CONNECTED_BY_NODE = 'unix:socket=';

/** A change of properties, as systemd signals it (org.freedesktop.DBus.Properties.PropertiesChanged). */
export interface PropertiesChanged {
  path: string;
  interface: string;
  changed: Properties;
}

/** One connection to systemd over the system bus. */
export class BusConnection {
  private constructor(
    private readonly bus: MessageBus,
    /** The current time limit for a call, in milliseconds. */
    private readonly limitMs: () => number,
    /** Paths of objects whose changes are signalled. */
    private readonly followed = new Set<string>(),
  ) {}

  /** Connects to the system bus. Unknown, with the reason, if there is none or it does not answer in time. */
  static async connect(timeoutMs: number): Promise<Fact<BusConnection>> {
    const address = process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? DEFAULT_BUS;
    let bus: MessageBus | undefined;
    try {
      bus = dbus.sessionBus({ busAddress: address.replace(/^unix:path=/, CONNECTED_BY_NODE) });
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
      if (bus !== undefined) destroy(bus);
      return unknown(`cannot query systemd over D-Bus (${address}): ${errorReason(error)}`);
    }
  }

  disconnect(): void {
    destroy(this.bus);
  }

  /** The same connection with another time limit for its calls. */
  limited(limitMs: () => number): BusConnection {
    return new BusConnection(this.bus, limitMs, this.followed);
  }

  get isClosed(): boolean {
    return connectionOf(this.bus).stream.destroyed;
  }

  /** Lets the process exit although the connection is open; a pending call still keeps it running until its time limit. */
  unref(): void {
    connectionOf(this.bus).stream.unref();
  }

  /** Calls a method of systemd's manager object. Throws if it fails or does not answer in time. */
  async call<T>(member: string, signature: string, body: unknown[]): Promise<T> {
    return this.send<T>('/org/freedesktop/systemd1', MANAGER, member, signature, body);
  }

  /** All properties of one interface of the object at `path`. Throws like `call`. */
  async properties(path: string, of: string): Promise<Properties> {
    return this.send<Properties>(path, PROPERTIES, 'GetAll', 's', [of]);
  }

  /** One property, much faster than all of them. Throws like `call`. */
  async property<T>(path: string, of: string, name: string): Promise<T> {
    const property = await this.send<Properties[string]>(path, PROPERTIES, 'Get', 'ss', [of, name]);
    return property.value as T;
  }

  /** Returns a function that removes the listener. */
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
   * Calls the listener when systemd leaves the bus, although the connection lasts: dbus.service of Ubuntu 20.04 does not end its
   * dbus-daemon when it is stopped (KillMode=none). At `systemctl daemon-reexec` the name passes to another connection at once.
   */
  async onSystemdGone(listener: () => void): Promise<void> {
    this.bus.on('message', ({ sender, member, body }: Message) => {
      if (sender !== BUS || member !== 'NameOwnerChanged') return;
      const [name, , owner] = body as string[];
      if (name === SYSTEMD && owner === '') listener();
    });
    await this.addMatch(
      `type='signal',sender='${BUS}',interface='${BUS}',member='NameOwnerChanged',arg0='${SYSTEMD}'`,
    );
  }

  /**
   * Has systemd signal changes of the object at `path`, by one match rule for as long as the connection lasts, since dbus-next
   * never removes its own.
   */
  async followProperties(path: string): Promise<void> {
    if (this.followed.has(path)) return;
    // Subscribing twice is an error (systemd: dbus-manager.c, method_subscribe).
    if (this.followed.size === 0) await this.call('Subscribe', '', []);
    this.followed.add(path);
    await this.addMatch(
      `type='signal',sender='${SYSTEMD}',interface='${PROPERTIES}',member='PropertiesChanged',path='${path}'`,
    );
  }

  private async addMatch(rule: string): Promise<void> {
    const message = new dbus.Message({
      destination: BUS,
      path: '/org/freedesktop/DBus',
      interface: BUS,
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
      destination: SYSTEMD,
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

/** dbus-next's disconnect closes only its half of the connection: a bus that hangs would keep this process running. */
function destroy(bus: MessageBus): void {
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
