import type { Socket } from 'node:net';
import dbus, { type Message, type MessageBus } from 'dbus-next';
import { type Fact, known, unknown } from '../../core/fact.ts';
import type { UnitListing } from '../../core/httpd/choose-unit.ts';
import type { UnitFacts } from '../../core/units/unit-facts.ts';
import type { UnitState } from '../../core/recovery/reason-to-look.ts';
import { errorReason } from '../files/error-reason.ts';
import { type Properties, hex, unitFacts } from './unit-properties.ts';

// The one door to systemd, and the one user of dbus-next: method calls on the system bus, and match rules of our own.

const MANAGER = 'org.freedesktop.systemd1.Manager';
const UNIT = 'org.freedesktop.systemd1.Unit';
const SERVICE = 'org.freedesktop.systemd1.Service';
const JOB = 'org.freedesktop.systemd1.Job';
const SCOPE = 'org.freedesktop.systemd1.Scope';

const DEFAULT_BUS = 'unix:path=/run/dbus/system_bus_socket';

export interface ServiceListing extends UnitListing {
  /** Of its unit file; null for an instance of a template, and for one that was made at run time. */
  path: string | null;
}

/** A unit that is followed. */
interface Followed {
  name: string;
  /** Null until it was read. */
  state: UnitState | null;
  /** How many were signalled until then. */
  changes: number;
}

export class Systemd {
  private constructor(
    private readonly bus: MessageBus,
    private readonly timeoutMs: number,
  ) {}

  /** Connects to the system bus. Unknown, and why, when there is none or it does not answer in time. */
  static async connect(timeoutMs: number): Promise<Fact<Systemd>> {
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
      return known(new Systemd(bus, timeoutMs));
    } catch (error) {
      if (bus !== undefined) hangUp(bus);
      return unknown(`systemd cannot be asked over D-Bus (${address}): ${errorReason(error)}`);
    }
  }

  disconnect(): void {
    hangUp(this.bus);
  }

  /** All services: loaded ones, and files that could be, with the file of each where it is known. Templates are left out. */
  async listServices(): Promise<Fact<ServiceListing[]>> {
    try {
      const all = [[], ['*.service']];
      const [loaded, files] = await Promise.all([
        this.call<[string, string, string, string][]>('ListUnitsByPatterns', 'asas', all),
        this.call<[string, string][]>('ListUnitFilesByPatterns', 'asas', all),
      ]);
      const services = new Map<string, ServiceListing>();
      for (const [path] of files) {
        const name = path.slice(path.lastIndexOf('/') + 1);
        services.set(name, { name, active: '', path });
      }
      for (const [name, , load, active] of loaded)
        if (load === 'loaded') services.set(name, { name, active, path: services.get(name)?.path ?? null });
      return known([...services.values()].filter(({ name }) => !name.includes('@.')));
    } catch (error) {
      return unknown(`systemd does not list its units: ${errorReason(error)}`);
    }
  }

  /** What systemd says of a unit; load is "not-found" for one it does not know. */
  async readUnit(name: string): Promise<Fact<UnitFacts>> {
    try {
      const path = await this.call<string>('LoadUnit', 's', [name]);
      const [unit, service] = await Promise.all([
        this.properties(path, UNIT),
        this.properties(path, name.endsWith('.scope') ? SCOPE : SERVICE).catch(() => ({})),
      ]);
      return known({ ...unitFacts(unit, service), job: await this.jobType(unit) });
    } catch (error) {
      return unknown(`systemd does not tell of ${name}: ${errorReason(error)}`);
    }
  }

  /** Makes systemd read its unit files again. */
  async daemonReload(): Promise<Fact<true>> {
    return this.demand('systemd did not reload its units', 'Reload', '', []);
  }

  /** Asks for a start, as `systemctl start` does; "fail" where that would undo somebody's job that waits (org.freedesktop.systemd1(5)). */
  async start(name: string): Promise<Fact<true>> {
    return this.demand(`systemd does not start ${name}`, 'StartUnit', 'ss', [name, 'fail']);
  }

  /** Makes systemd forget that the unit failed, and how often it was started. */
  async resetFailed(name: string): Promise<Fact<true>> {
    return this.demand(`systemd does not forget the failure of ${name}`, 'ResetFailedUnit', 's', [name]);
  }

  /**
   * Tells the state of units: at once, and at each change, as systemd signals it. Ends when the bus goes away or `signal`
   * says so, with why.
   */
  async follow(
    names: readonly string[],
    onState: (name: string, state: UnitState) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const { stream } = connectionOf(this.bus);
    const ended = new Promise<string>((resolve) => {
      stream.once('close', () => {
        resolve('the system bus has gone');
      });
      signal.addEventListener('abort', () => {
        resolve('told to end');
      });
    });
    const units = new Map<string, Followed>();
    this.bus.on('message', ({ path, member, body }: Message) => {
      const unit = units.get(path);
      if (unit === undefined || member !== 'PropertiesChanged' || body[0] !== UNIT) return;
      if (unit.state === null) {
        unit.changes++;
        return;
      }
      const changed = body[1] as Properties;
      const { ActiveState: active, InvocationID: invocation } = changed;
      unit.state = {
        active: (active?.value as string | undefined) ?? unit.state.active,
        invocationId: invocation === undefined ? unit.state.invocationId : hex(invocation),
      };
      onState(unit.name, unit.state);
    });
    try {
      await this.call('Subscribe', '', []);
      for (const name of names) {
        const path = await this.call<string>('LoadUnit', 's', [name]);
        const unit: Followed = { name, state: null, changes: 0 };
        units.set(path, unit);
        await this.addMatch(path);
        unit.state = await this.readState(path, unit);
        onState(name, unit.state);
      }
    } catch (error) {
      return `systemd does not tell of its units: ${errorReason(error)}`;
    }
    return ended;
  }

  /** A change that was signalled while the answer was on its way may be in it, or not. */
  private async readState(path: string, unit: Followed): Promise<UnitState> {
    for (;;) {
      const { changes } = unit;
      const { active, invocationId } = unitFacts(await this.properties(path, UNIT), {});
      if (unit.changes === changes) return { active, invocationId };
    }
  }

  /** One rule for each unit, for ever: dbus-next itself would never take back its own. */
  private async addMatch(path: string): Promise<void> {
    const rule = `type='signal',sender='org.freedesktop.systemd1',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path='${path}'`;
    const message = new dbus.Message({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'AddMatch',
      signature: 's',
      body: [rule],
    });
    await within(this.timeoutMs, this.bus.call(message));
  }

  private async demand(
    complaint: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<Fact<true>> {
    try {
      await this.call(member, signature, body);
      return known(true);
    } catch (error) {
      return unknown(`${complaint}: ${errorReason(error)}`);
    }
  }

  /** A job that is done in the moment between the two questions is none. */
  private async jobType(unit: Properties): Promise<string | null> {
    const [id, path] = (unit['Job']?.value as [number, string] | undefined) ?? [0, ''];
    if (id === 0) return null;
    const job = await this.properties(path, JOB).catch((): Properties => ({}));
    return (job['JobType']?.value as string | undefined) ?? null;
  }

  private async properties(path: string, of: string): Promise<Properties> {
    return this.send<Properties>(path, 'org.freedesktop.DBus.Properties', 'GetAll', 's', [of]);
  }

  private async call<T>(member: string, signature: string, body: unknown[]): Promise<T> {
    return this.send<T>('/org/freedesktop/systemd1', MANAGER, member, signature, body);
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
    const reply = await within(this.timeoutMs, this.bus.call(message));
    return reply?.body[0] as T;
  }
}

/** dbus-next's own disconnect only closes its half: a bus that hangs would keep this process alive for ever. */
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
      reject(new Error(`no answer in ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
